/**
 * `npm test`: every check and every layer of tests, in an order that fails fast. Ends with one closing line for each
 * layer, a line with the sum, and exit code 0 only if everything ran and passed.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Outcome extends Step {
  readonly code: number;
  readonly seconds: number;
  readonly output: string;
}

/** Checks that run no test. */
const CHECKS: readonly Step[] = [
  { name: "types", command: ["tsc", "-p", "."] },
  {
    name: "lint",
    command: ["eslint", ".", "--max-warnings=0", "--cache", "--cache-location", "node_modules/.cache/eslint/"],
  },
  { name: "format", command: ["prettier", "--check", "--log-level", "warn", "--cache", "."] },
  {
    name: "dependency rules",
    command: ["depcruise", "--config", ".dependency-cruiser.cjs", "--output-type", "err", "."],
  },
  { name: "unused code", command: ["knip", "--no-progress"] },
  { name: "generated docs", command: ["node", "docs/generate.ts", "--check"] },
];

/** Layers of tests, each in processes of its own; those of one row run at the same time: they mostly wait for clusters. */
const LAYERS: readonly (readonly Step[])[] = [
  [mocha("unit", ["--parallel", "tests/unit/**/*.test.ts"], ["c8", "--config", ".c8rc.json"])],
  [{ name: "guestbook", command: ["node", "tests/guestbook/run.ts"] }],
  [
    // Those of the export with flux and helm (npm run gitops-tests) build these first.
    mocha("engine", ["--config", "tests/engine/.mocharc.json", "tests/engine/!(platform-*|gitops-*).test.ts"]),
    mocha("platform", ["--config", "tests/engine/.mocharc.json", "tests/engine/platform-*.test.ts"]),
  ],
  [{ name: "cluster", command: ["node", "tests/cluster/run.ts"] }],
];

function mocha(name: string, args: readonly string[], before: readonly string[] = []): Step {
  return { name, command: [...before, "mocha", "--reporter-option", `layer=${name}`, ...args] };
}

const CLOSING_LINE = /^(?:\w+: )?(\d+) passed, (\d+) failed$/m;
/** Said by a layer that this machine has not what it takes for. */
const NOT_RUN = /^\w+: not run: ./m;

async function main(): Promise<number> {
  rmSync("coverage", { recursive: true, force: true });
  const wanted = process.argv.slice(2);
  const isWanted = (step: Step) => wanted.length === 0 || wanted.includes(step.name);
  const failed: Outcome[] = [];
  const checks = CHECKS.filter(isWanted);
  // Two at a time: the type checker and the linter each fill a core.
  const queue = [...checks];
  await Promise.all([worker(), worker()]);
  async function worker(): Promise<void> {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const outcome = await run(step, "quiet");
      report(outcome);
      if (outcome.code !== 0) failed.push(outcome);
    }
  }
  let passes = 0;
  let failures = 0;
  if (failed.length === 0) {
    for (const row of LAYERS) {
      const layers = row.filter(isWanted);
      if (layers.length > 1) console.log(`${layers.map(({ name }) => name).join(" and ")} run at the same time ...`);
      const outcomes = await Promise.all(layers.map((layer) => run(layer, layers.length === 1 ? "loud" : "quiet")));
      for (const outcome of outcomes) take(outcome, layers.length === 1);
    }
    console.log(`\n${passes} passed, ${failures} failed`);
  }
  if (failed.length > 0) console.error(`failed: ${failed.map((outcome) => outcome.name).join(", ")}`);
  return failed.length === 0 ? 0 : 1;

  function take(outcome: Outcome, isShown: boolean): void {
    if (!isShown) console.log(outcome.output.trimEnd());
    const counts = CLOSING_LINE.exec(outcome.output);
    passes += Number(counts?.[1] ?? 0);
    failures += Number(counts?.[2] ?? 0);
    const ranNothing =
      Number(counts?.[1] ?? 0) + Number(counts?.[2] ?? 0) === 0 &&
      !(outcome.code === 0 && NOT_RUN.test(outcome.output));
    if (ranNothing) console.error(`${outcome.name}: no test ran`);
    report({ ...outcome, output: "" });
    if (outcome.code !== 0 || ranNothing) failed.push(outcome);
  }
}

function run(step: Step, mode: "quiet" | "loud"): Promise<Outcome> {
  const started = performance.now();
  const [program = "", ...args] = step.command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: process.env });
    let output = "";
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      if (mode === "loud") process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ ...step, code: code ?? 1, seconds: (performance.now() - started) / 1000, output }),
    );
  });
}

function report(outcome: Outcome): void {
  const verdict = outcome.code === 0 ? "ok" : "FAILED";
  console.log(`${outcome.name.padEnd(18)} ${verdict.padEnd(6)} ${outcome.seconds.toFixed(1)} s`);
  if (outcome.code !== 0 && outcome.output !== "") console.log(outcome.output.trimEnd());
}

process.exitCode = await main();
