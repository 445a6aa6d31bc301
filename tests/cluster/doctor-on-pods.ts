/**
 * Breaks environments on real pods in every way that the doctor is tested with, those included that concern the whole cluster,
 * shows what it says first and how long it takes, and writes the table of its guide.
 *
 * Usage: npm run doctor-on-pods
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { formatTable } from "../../cli/table.ts";
import { PROJECT } from "../engine/checkout.ts";
import { onStack } from "./layer.ts";

const GUIDE = join(PROJECT, "docs/guides/doctor.md");
const [BEGIN, END] = ["<!-- real pods -->", "<!-- end -->"];

interface Row {
  readonly name: string;
  readonly firstLine: string;
  readonly isRight: boolean;
  readonly seconds: number;
}

process.exitCode = await onStack(async (checkout) => {
  process.env["TERRARIUM_TEST_CHECKOUT"] = checkout;
  const { BREAKAGES } = await import("./breakages.ts");
  const { breakAll } = await import("./broken-environments.ts");
  const { OwnEnvironment } = await import("./own-environment.ts");
  const names = [...new Set(BREAKAGES.map(({ environment }) => environment))];
  await Promise.all(names.map((name) => new OwnEnvironment(name).up()));

  const rows: Row[] = [];
  for (const isAlone of [false, true]) {
    const started = performance.now();
    const verdicts = breakAll(BREAKAGES.filter((breakage) => (breakage.isAlone ?? false) === isAlone));
    for (const { healthy, broken } of verdicts) {
      rows.push(toRow("nothing", /^$/, await healthy.catch(failed)));
      for (const [{ name, firstLine }, verdict] of broken)
        rows.push(toRow(name, firstLine, await verdict.catch(failed)));
    }
    console.log(`${rows.length} verdicts after ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  const cells = rows.map(({ name, firstLine, isRight, seconds }) => [
    name,
    isRight ? "right" : "WRONG",
    seconds.toFixed(1),
    firstLine,
  ]);
  console.log(formatTable(["BROKEN", "SAYS", "SECONDS", "FIRST LINE"], cells));
  await writeTable(rows.filter(({ name }) => name !== "nothing"));
  const wrong = rows.filter(({ isRight }) => !isRight).length;
  console.log(`${rows.length} verdicts: ${rows.length - wrong} right, ${wrong} wrong`);
  return wrong === 0 ? 0 : 1;
});

function failed(error: unknown): { readonly firstLine: string; readonly seconds: number } {
  return { firstLine: `not tried: ${error instanceof Error ? error.message : String(error)}`, seconds: 0 };
}

function toRow(name: string, expected: RegExp, { firstLine, seconds }: ReturnType<typeof failed>): Row {
  return { name, firstLine, isRight: expected.test(firstLine), seconds };
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
