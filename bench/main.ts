/**
 * `make bench`: the same environment brought up, left alone, previewed and taken down by Terrarium and by kubectl, in
 * turn, on one simulated cluster. Prints medians and ratios; absolute times depend on the machine, ratios much less.
 *
 * Usage: node bench/main.ts [--rounds N] [-o json]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Checkout, type CommandResult } from "../tests/engine/checkout.ts";
import { cleanUpBeforeAndAfter, must, note } from "./commands.ts";
import { writeManifests, type Manifests, type Stage } from "./manifests.ts";
import { peakMemory } from "./memory.ts";
import { splitTime } from "./time-split.ts";
import { formatMeasurements, summarize, type Comparison } from "./measurements.ts";

const STACK = "dev";
const NODE_QUIET = "--disable-warning=ExperimentalWarning";
const PARALLEL = ["--parallel", "64"];
const UNASKED = ["--yes", "--skip-preview"];
const QUIET = ["--suppress-outputs", "--suppress-permalink=true"];

/** What is compared, with the ratio that the project promises. */
const COMPARISONS: readonly Comparison[] = [
  { ours: "up (create)", peer: "kubectl apply + wait", target: 1.5 },
  { ours: "up (create)", peer: "kubectl, in the same order", target: 1.5 },
  { ours: "up (no change)", peer: "kubectl diff", target: 0.7 },
  { ours: "preview", peer: "kubectl diff", target: 0.7 },
  { ours: "destroy", peer: "kubectl delete namespace", target: 1.0 },
  { ours: "terrarium up (whole, no change)", peer: "kubectl diff" },
];

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, output: { type: "string", short: "o", default: "table" } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds: got "${options.rounds}", expected a whole number from 1`);

await cleanUpBeforeAndAfter();
const checkout = await Checkout.create();
const seconds = new Map<string, number[]>();
try {
  note("bringing the cluster and the environment up once, which also warms every cache");
  await checkout.must(["up", "--stack", STACK, "--cluster", "simulated"]);
  const env = await checkout.environment();
  // kubectl runs as its users have it: the tuning of Go's memory is for the engine.
  const plain = { ...env, GOGC: "100", GOMEMLIMIT: "off" };
  const folder = join(checkout.folder, ".terrarium", "bench");
  mkdirSync(folder, { recursive: true });
  const manifests = writeManifests(
    JSON.parse(must(await pulumi(["stack", "export", "--show-secrets", "--stack", STACK]))) as never,
    folder,
  );
  note(`${manifests.objects} objects; ${rounds} rounds`);
  must(await operation(["destroy", ...UNASKED, ...PARALLEL, ...QUIET]));
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`);
    await terrariumRound();
    await kubectlRound(manifests);
  }
  note("one more update, for its memory and for where its time goes");
  const logged = ["--logtostderr", "-v=9", ...PARALLEL, ...QUIET];
  const started = new Date();
  const memory = await peakMemory(() => operation(["up", ...UNASKED, ...logged]));
  const split = splitTime(memory.result.stderr, started, (Date.now() - started.getTime()) / 1000);
  const result = summarize(COMPARISONS, seconds, split, memory.peak, { objects: manifests.objects, rounds });
  console.log(options.output === "json" ? JSON.stringify(result, null, 2) : formatMeasurements(result));

  async function terrariumRound(): Promise<void> {
    await timed("up (create)", () => operation(["up", ...UNASKED, ...PARALLEL, ...QUIET]));
    await timed("up (no change)", () => operation(["up", ...UNASKED, ...PARALLEL, ...QUIET]));
    await timed("preview", () => operation(["preview", ...PARALLEL, ...QUIET]));
    await timed("terrarium up (whole, no change)", () =>
      checkout.runWith(process.env, "bin/terrarium", ["up", "--stack", STACK]),
    );
    await timed("destroy", () => operation(["destroy", ...UNASKED, ...PARALLEL, ...QUIET]));
  }

  async function kubectlRound({ file, stages, namespaces }: Manifests): Promise<void> {
    const remove = () => kubectl(["delete", "namespace", ...namespaces, "--wait=true"]);
    await timed("kubectl, in the same order", async () => {
      for (const stage of stages) await applyAndWait(stage);
    });
    must(await remove());
    await timed("kubectl apply + wait", () => applyAndWait({ file, waits: stages.flatMap((stage) => stage.waits) }));
    await timed("kubectl diff", async () => {
      const result = await kubectl(["diff", "-f", file]);
      return { ...result, code: result.code > 1 ? result.code : 0 };
    });
    await timed("kubectl delete namespace", remove);
  }

  async function applyAndWait({ file, waits }: Stage): Promise<void> {
    must(await kubectl(["apply", "-f", file]));
    for (const result of await Promise.all(waits.map((wait) => kubectl([...wait, "--timeout=120s"])))) must(result);
  }

  function pulumi(args: readonly string[]): Promise<CommandResult> {
    return checkout.runWith(env, "pulumi", args);
  }
  function operation(args: readonly string[]): Promise<CommandResult> {
    return checkout.runWith(env, process.execPath, [NODE_QUIET, "bench/operation.ts", STACK, ...args]);
  }
  function kubectl(args: readonly string[]): Promise<CommandResult> {
    return checkout.runWith(plain, "kubectl", args);
  }
} finally {
  await checkout.removeEverything();
}

async function timed(name: string, action: () => Promise<CommandResult | void>): Promise<void> {
  const started = performance.now();
  const result = await action();
  const elapsed = (performance.now() - started) / 1000;
  if (result) must(result);
  seconds.set(name, [...(seconds.get(name) ?? []), elapsed]);
}
