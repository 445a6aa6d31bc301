/**
 * Preview environments as the platform's runner makes them, against kubectl with the same objects, on one cluster: one alone,
 * and many at once. Prints medians and ratios; absolute times depend on the machine, ratios much less. The cluster is a simulated
 * one of its own, whose pods are ready at once, or the one with real pods that `make bootstrap-dev` has brought up here.
 *
 * Usage: node bench/environments.ts [--pods simulated|real] [--rounds N] [--many 10,50,100] [--concurrency 2,4] [-o json]
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { localPaths } from "../clusters/local-paths.ts";
import { SimulatedCluster } from "../clusters/simulated.ts";
import { formatTable } from "../cli/table.ts";
import type { OperationKind, Outcome } from "../platform/domain/operation.ts";
import { type EnvironmentSpec, mapValues } from "../spec/index.ts";
import { folderAddress } from "../stacks/folder-state.ts";
import { Checkout, PROJECT, run, type CommandResult } from "../tests/engine/checkout.ts";
import { runnerOn, testToolchain } from "../tests/engine/runner.ts";
import { smallEnvironment } from "../tests/engine/small-environment.ts";
import { cleanUpBeforeAndAfter, must, note } from "./commands.ts";
import { type Stage, writeManifests } from "./manifests.ts";
import { peakMemory } from "./memory.ts";

/** What the project promises. */
const TARGETS = { ratio: 1.5, perMinute: 20, bytes: 4 * 2 ** 30 };

const { values: options } = parseArgs({
  options: {
    pods: { type: "string", default: "simulated" },
    rounds: { type: "string", default: "5" },
    many: { type: "string", default: "10,50,100" },
    concurrency: { type: "string", default: "4" },
    output: { type: "string", short: "o", default: "table" },
  },
});
const rounds = wholeNumbers("rounds", options.rounds)[0] ?? 1;
const many = wholeNumbers("many", options.many);
const concurrencies = wholeNumbers("concurrency", options.concurrency);

/** Where the runner keeps what it needs, in the checkout. */
const DATA = "bench-environments";
const isReal = options.pods === "real";

await cleanUpBeforeAndAfter();
const checkout = isReal ? undefined : await Checkout.create();
const folder = checkout?.folder ?? PROJECT;
const paths = localPaths(folder);
const data = join(paths.root, DATA);
const toolchain = await testToolchain(["pulumi", "kubectl", "control-plane", "kwokctl"]);
const cluster = new SimulatedCluster({
  paths,
  env: process.env,
  say: note,
  toolchain: () => Promise.resolve(toolchain),
});
try {
  const kubeconfig = isReal ? paths.kubeconfig : (await cluster.up()).kubeconfig;
  // Nothing on such a cluster outlives it: see docs/adr/0012.
  const runner = await runnerOn({ checkout: folder, data: DATA, settings: { state: { saveOnce: true }, spare: 2 } });
  let operations = 0;
  const operate = async (kind: OperationKind, stack: string): Promise<Outcome> => {
    const namespace = `preview-${stack}`;
    const description = kind === "apply" ? measuredEnvironment(namespace) : undefined;
    const request = { id: `op-${(operations += 1)}`, kind, stack, namespace, description };
    const outcome = await runner.start(request, () => undefined).done;
    if (!outcome.ok) throw new Error(`${kind} ${stack}: ${JSON.stringify(outcome)}`);
    return outcome;
  };
  // kubectl runs as its users have it: the tuning of Go's memory is for the engine.
  const env = { ...process.env, ...toolchain.env, KUBECONFIG: kubeconfig, GOGC: "100", GOMEMLIMIT: "off" };
  const kubectl = (args: readonly string[]): Promise<CommandResult> => run("kubectl", args, folder, env);

  note("one environment, which also warms every cache");
  await operate("apply", "alone");
  const manifests = await exportManifests("alone");
  const alone: Record<string, number[]> = {};
  const timed = async (name: string, action: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await action();
    (alone[name] ??= []).push((performance.now() - started) / 1000);
  };
  await timed("no change", () => operate("apply", "alone"));
  await operate("destroy", "alone");
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`);
    await timed("apply", () => operate("apply", "alone"));
    await timed("no change", () => operate("apply", "alone"));
    await timed("detect-drift", () => operate("detect-drift", "alone"));
    await timed("destroy", () => operate("destroy", "alone"));
    const { stages, file, namespaces } = manifests;
    await timed("kubectl apply + wait", () => applyAndWait({ file, waits: stages.flatMap(({ waits }) => waits) }));
    await timed("kubectl delete namespace", async () => must(await kubectl(["delete", "namespace", ...namespaces])));
    await timed("kubectl, in the same order", async () => {
      for (const stage of stages.filter(({ waits }) => waits.length > 0)) await applyAndWait(stage);
    });
    must(await kubectl(["delete", "namespace", ...namespaces]));
  }
  const { peak } = await peakMemory(() => operate("apply", "alone"));
  await operate("destroy", "alone");

  const batches = [];
  for (const concurrency of concurrencies) {
    for (const count of many) {
      note(`${count} at once, ${concurrency} at a time`);
      const names = Array.from({ length: count }, (_, index) => `many-${index}`);
      const applied = await peakMemory(() => batch(names, concurrency, (name) => operate("apply", name)));
      const destroyed = await batch(names, concurrency, (name) => operate("destroy", name));
      batches.push({
        count,
        concurrency,
        seconds: applied.result,
        perMinute: (count / applied.result) * 60,
        destroySeconds: destroyed,
        peakBytes: applied.peak.total ?? 0,
      });
    }
  }
  runner.close();
  const result = { objects: manifests.objects, rounds, alone, peakBytes: peak, batches };
  console.log(options.output === "json" ? JSON.stringify(result, null, 2) : format(result));

  /** The objects as the runner has made them, for kubectl. */
  async function exportManifests(stack: string) {
    const out = join(data, "manifests");
    mkdirSync(out, { recursive: true });
    const secretsOf = {
      ...env,
      PULUMI_BACKEND_URL: folderAddress(join(data, "state")),
      PULUMI_CONFIG_PASSPHRASE_FILE: join(data, "passphrase"),
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    };
    const args = ["stack", "export", "--show-secrets", "--stack", `organization/preview-environments/${stack}`];
    return writeManifests(JSON.parse(must(await run("pulumi", args, out, secretsOf))) as never, out);
  }

  async function applyAndWait({ file, waits }: Stage): Promise<void> {
    must(await kubectl(["apply", "-f", file]));
    for (const result of await Promise.all(waits.map((wait) => kubectl([...wait, "--timeout=120s"])))) must(result);
  }
} finally {
  if (!isReal) await cluster.down();
  rmSync(data, { recursive: true, force: true });
  checkout?.remove();
}

/** A database, pages and a worker. Without a migration: its Job alone takes a second, whoever creates it. */
function measuredEnvironment(name: string): EnvironmentSpec {
  const { services, ...environment } = smallEnvironment(name);
  return { ...environment, migrations: {}, services: isReal ? mapValues(services, realService) : services };
}

/** The same service with an image that stack `local` has, in a role that needs nothing else. */
function realService(service: object) {
  const resources = { requests: { cpu: "10m" }, limits: { cpu: "1" } };
  const secrets = { KEY_SEED: { generate: {} } };
  return { ...service, image: "terrarium/guestbook:0.1.0", args: ["auth"], secrets, resources };
}

/** @returns seconds until all were done. */
async function batch(
  names: readonly string[],
  width: number,
  action: (name: string) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await action(name);
  };
  await Promise.all(Array.from({ length: width }, work));
  return (performance.now() - started) / 1000;
}

function format({
  objects,
  rounds: count,
  alone,
  peakBytes,
  batches,
}: {
  readonly objects: number;
  readonly rounds: number;
  readonly alone: Readonly<Record<string, readonly number[]>>;
  readonly peakBytes: { readonly total: number | undefined; readonly byProgram: Readonly<Record<string, number>> };
  readonly batches: readonly {
    count: number;
    concurrency: number;
    seconds: number;
    perMinute: number;
    destroySeconds: number;
    peakBytes: number;
  }[];
}): string {
  const ratio = (ours: string, peer: string): number => {
    const peers = alone[peer] ?? [];
    return median((alone[ours] ?? []).slice(-peers.length).map((value, round) => value / (peers[round] ?? Number.NaN)));
  };
  const verdict = (met: boolean): string => (met ? "met" : "missed");
  const toReady = ratio("apply", "kubectl apply + wait");
  const { total = 0, byProgram } = peakBytes;
  const programs = Object.entries(byProgram).toSorted((a, b) => b[1] - a[1]);
  return [
    `${objects} objects, ${count} rounds; seconds as median (min-max)`,
    formatTable(
      ["one alone", "seconds"],
      Object.entries(alone).map(([name, values]) => [
        name,
        `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)})`,
      ]),
    ),
    `apply / kubectl apply + wait: ${toReady.toFixed(2)} (target <= ${TARGETS.ratio}: ${verdict(toReady <= TARGETS.ratio)})`,
    `apply / kubectl in the same order: ${ratio("apply", "kubectl, in the same order").toFixed(2)}`,
    `destroy / kubectl delete namespace: ${ratio("destroy", "kubectl delete namespace").toFixed(2)}`,
    `peak memory of one apply: ${mebibytes(total)} MiB (${programs.map(([name, bytes]) => `${name} ${mebibytes(bytes)}`).join(", ")})\n`,
    formatTable(
      [
        "at once",
        "at a time",
        "seconds",
        "a minute",
        `target ${TARGETS.perMinute}`,
        "destroy",
        "peak MiB",
        `target ${mebibytes(TARGETS.bytes)}`,
      ],
      batches.map((each) => [
        String(each.count),
        String(each.concurrency),
        each.seconds.toFixed(1),
        each.perMinute.toFixed(1),
        verdict(each.perMinute >= TARGETS.perMinute),
        each.destroySeconds.toFixed(1),
        mebibytes(each.peakBytes),
        verdict(each.peakBytes <= TARGETS.bytes),
      ]),
    ),
  ].join("\n");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function wholeNumbers(option: string, text: string): number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number >= 1)) return numbers;
  throw new Error(`--${option}: got "${text}", expected whole numbers from 1, separated by commas`);
}
