/**
 * Breaks environments on real pods in every way that the doctor is tested with, those included that concern the whole cluster,
 * shows what it says first and how long it takes, and writes the table of its guide.
 *
 * Usage: npm run doctor-on-pods
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { PROJECT } from "../engine/checkout.ts";
import type { Verdict } from "./broken-environments.ts";
import { onStack } from "./layer.ts";

const GUIDE = join(PROJECT, "docs/guides/doctor.md");
const [BEGIN, END] = ["<!-- real pods -->", "<!-- end -->"];

interface Row {
  readonly name: string;
  readonly firstLine: string;
  readonly isRight: boolean;
}

process.exitCode = await onStack(async (checkout) => {
  process.env["TERRARIUM_TEST_CHECKOUT"] = checkout;
  const { BREAKAGES: common } = await import("./breakages.ts");
  const { ON_CALL } = await import("./on-call.ts");
  const { breakAll } = await import("./broken-environments.ts");
  const { OwnEnvironment } = await import("./own-environment.ts");
  const BREAKAGES = [...ON_CALL, ...common];
  const names = [...new Set(BREAKAGES.map(({ environment }) => environment))];
  await Promise.all(names.map((name) => new OwnEnvironment(name).up()));

  const rows: Row[] = [];
  for (const isAlone of [false, true]) {
    const started = performance.now();
    const verdicts = breakAll(BREAKAGES.filter((breakage) => (breakage.isAlone ?? false) === isAlone));
    const told = verdicts.flatMap(({ healthy, broken }) => [
      tell("nothing", /^$/, healthy),
      ...[...broken].map(([{ name, firstLine }, verdict]) => tell(name, firstLine, verdict)),
    ]);
    rows.push(...(await Promise.all(told)));
    console.log(`${told.length} answers in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  await writeTable(rows.filter(({ name }) => name !== "nothing"));
  const wrong = rows.filter(({ isRight }) => !isRight).length;
  console.log(`${rows.length} verdicts: ${rows.length - wrong} right, ${wrong} wrong`);
  return wrong === 0 ? 0 : 1;
});

/** Shows what the doctor said, as soon as it has. */
async function tell(name: string, expected: RegExp, verdict: Promise<Verdict>): Promise<Row> {
  const { firstLine, seconds, causes } = await verdict.catch(notTried);
  const isRight = expected.test(firstLine);
  console.log(`${isRight ? "right" : "WRONG"}  ${seconds.toFixed(1).padStart(5)} s  ${name}: ${firstLine}`);
  if (!isRight) console.log(JSON.stringify(causes.slice(0, 3), null, 2));
  return { name, firstLine, isRight };
}

function notTried(error: unknown): Pick<Verdict, "firstLine" | "seconds" | "causes"> {
  const why = error instanceof Error ? error.message : String(error);
  return { firstLine: `not tried: ${why}`, seconds: 0, causes: [] };
}

/** Replaces the guide's table. */
async function writeTable(rows: readonly Row[]): Promise<void> {
  const guide = readFileSync(GUIDE, "utf8");
  const lines = rows.map(({ name, firstLine, isRight }) => {
    const text = firstLine.replaceAll("|", "\\|").replaceAll("<", "\\<");
    return `| ${name} | ${text} | ${isRight ? "right" : "wrong"} |`;
  });
  const table = ["| Broken | First line | |", "| --- | --- | --- |", ...lines].join("\n");
  const [head = "", rest = ""] = guide.split(BEGIN);
  const text = `${head}${BEGIN}\n\n${table}\n\n${END}${rest.split(END)[1] ?? ""}`;
  writeFileSync(GUIDE, await format(text, { parser: "markdown", printWidth: 120 }));
}
