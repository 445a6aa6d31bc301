/**
 * `make bench`: the same environment brought up, left alone, previewed and taken down by Terrarium and by kubectl, in
 * turn, on one simulated cluster. Prints medians and ratios; absolute times depend on the machine, ratios much less.
 *
 * Usage: node bench/main.ts [--rounds N] [-o json]
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Checkout, type CommandResult } from "../tests/engine/checkout.ts";
import { writeManifests, type Manifests } from "./manifests.ts";
import { peakMemory } from "./memory.ts";
import { splitTime, type TimeSplit } from "./time-split.ts";
import { formatMeasurements, summarize, type Comparison } from "./measurements.ts";

const STACK = "dev";
const PARALLEL = ["--parallel", "64"];
const QUIET = ["--non-interactive", "--suppress-outputs", "--suppress-permalink", "--stack", STACK];

/** What is compared, with the ratio that the project promises. */
const COMPARISONS: readonly Comparison[] = [
  { ours: "pulumi up (create)", peer: "kubectl apply + wait", target: 1.5 },
  { ours: "pulumi up (no change)", peer: "kubectl diff", target: 0.7 },
  { ours: "pulumi preview", peer: "kubectl diff", target: 0.7 },
  { ours: "pulumi destroy", peer: "kubectl delete namespace", target: 1.0 },
];

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, output: { type: "string", short: "o", default: "table" } },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds: got "${options.rounds}", expected a whole number from 1`);

const checkout = await Checkout.create();
const seconds = new Map<string, number[]>();
const splits: TimeSplit[] = [];
/** When the last timed command started and ended, in milliseconds since the epoch. */
let lastStart = 0;
let lastEnd = 0;
try {
  note("bringing the cluster and the environment up once, which also warms every cache");
  await checkout.must(["up", "--stack", STACK, "--cluster", "simulated"]);
  // The event log is one of the options that the command line hides otherwise.
  const env = { ...(await checkout.environment()), PULUMI_DEBUG_COMMANDS: "true" };
  const folder = join(checkout.folder, ".terrarium", "bench");
  mkdirSync(folder, { recursive: true });
  const manifests = writeManifests(
    JSON.parse(must(await pulumi(["stack", "export", "--show-secrets", "--stack", STACK]))) as never,
    folder,
  );
  note(`${manifests.objects} objects; ${rounds} rounds`);
  must(await pulumi(["destroy", "--yes", "--skip-preview", ...PARALLEL, ...QUIET]));
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`);
    await terrariumRound(join(folder, `events-${round}.json`));
    await kubectlRound(manifests);
  }
  note("one more update, for its memory");
  const memory = await peakMemory(() => pulumi(["up", "--yes", "--skip-preview", ...PARALLEL, ...QUIET]));
  const result = summarize(COMPARISONS, seconds, splits, memory, { objects: manifests.objects, rounds });
  console.log(options.output === "json" ? JSON.stringify(result, null, 2) : formatMeasurements(result));

  async function terrariumRound(events: string): Promise<void> {
    await timed("pulumi up (create)", () =>
      pulumi(["up", "--yes", "--skip-preview", "--event-log", events, ...PARALLEL, ...QUIET]),
    );
    splits.push(splitTime(readFileSync(events, "utf8"), lastStart, lastEnd));
    await timed("pulumi up (no change)", () => pulumi(["up", "--yes", "--skip-preview", ...PARALLEL, ...QUIET]));
    await timed("pulumi preview", () => pulumi(["preview", ...PARALLEL, ...QUIET]));
    await timed("pulumi destroy", () => pulumi(["destroy", "--yes", "--skip-preview", ...PARALLEL, ...QUIET]));
  }

  async function kubectlRound({ file, namespaces, workloads, jobs }: Manifests): Promise<void> {
    await timed("kubectl apply + wait", async () => {
      must(await kubectl(["apply", "-f", file]));
      const waits = workloads.map(({ namespace, reference }) =>
        kubectl(["rollout", "status", reference, "-n", namespace, "--timeout=120s"]),
      );
      waits.push(
        ...jobs.map(({ namespace, reference }) =>
          kubectl(["wait", "--for=condition=complete", reference, "-n", namespace, "--timeout=120s"]),
        ),
      );
      return (await Promise.all(waits)).find((result) => result.code !== 0) ?? { code: 0, stdout: "", stderr: "" };
    });
    await timed("kubectl diff", async () => {
      const result = await kubectl(["diff", "-f", file]);
      return { ...result, code: result.code > 1 ? result.code : 0 };
    });
    await timed("kubectl delete namespace", () => kubectl(["delete", "namespace", ...namespaces, "--wait=true"]));
  }

  function pulumi(args: readonly string[]): Promise<CommandResult> {
    return checkout.runWith(env, "pulumi", args);
  }
  function kubectl(args: readonly string[]): Promise<CommandResult> {
    return checkout.runWith(env, "kubectl", args);
  }
} finally {
  await checkout.removeEverything();
}

async function timed(name: string, action: () => Promise<CommandResult>): Promise<void> {
  lastStart = Date.now();
  const started = performance.now();
  must(await action());
  const elapsed = (performance.now() - started) / 1000;
  lastEnd = Date.now();
  seconds.set(name, [...(seconds.get(name) ?? []), elapsed]);
}

function must(result: CommandResult): string {
  if (result.code !== 0)
    throw new Error(`a measured command failed with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
