/**
 * What the platform service needs when nothing happens: its memory and its share of a core over a minute with many Ready
 * environments, and how long the API server takes to list them.
 *
 * Usage: node bench/at-rest.ts [--environments N] [--seconds N]
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { decide, type DomainSettings } from "../platform/domain/decide.ts";
import { PREVIEW_ENVIRONMENT, type PreviewEnvironment } from "../spec/index.ts";
import { cleanUpBeforeAndAfter } from "./commands.ts";
import { NAMESPACE, PlatformCluster, type PlatformProcess } from "../tests/engine/platform-cluster.ts";

const REPOSITORY = "https://git.example.com/team/shop";
const PATH = `/apis/terrarium.dev/v1alpha1/namespaces/${NAMESPACE}/environments`;
const BASE = { services: { web: { image: "registry.example.com/team/shop:1" } } };
/** How the service is told to see things, and how they are prepared here: the same. */
const CONFIG = { repositories: { [REPOSITORY]: { base: BASE } }, drift: { mode: "report", interval: "7d" } };
const SETTINGS: DomainSettings = {
  repositories: { [REPOSITORY]: { base: BASE, images: {} } },
  caps: {},
  ttl: { warningMs: 4 * 3_600_000 },
  drift: { mode: "report", intervalMs: 7 * 24 * 3_600_000 },
  retry: { waitingMs: 5_000, firstMs: 10_000, maxMs: 600_000 },
  supersedeAfterMs: 600_000,
};
/** Clock ticks of the system in a second, and bytes of a page: Linux on the architectures that Terrarium runs on. */
const [TICKS, PAGE_BYTES] = [100, 4096];

const { values: options } = parseArgs({
  options: { environments: { type: "string", default: "1000" }, seconds: { type: "string", default: "60" } },
});
const [count, seconds] = [Number(options.environments), Number(options.seconds)];

await cleanUpBeforeAndAfter();
const cluster = await PlatformCluster.create();
try {
  for (let first = 0; first < count; first += 20)
    await Promise.all(Array.from({ length: Math.min(20, count - first) }, (_, index) => createReady(first + index)));
  const startedAt = performance.now();
  const service = cluster.start("at-rest", CONFIG);
  await service.says('"leading"');
  const leadingAfter = performance.now() - startedAt;
  // What follows from the start, such as one look at each environment, is over by then.
  await delay(20_000);
  const before = usageOf(service);
  await delay(seconds * 1000);
  const after = usageOf(service);
  const lists: number[] = [];
  for (let round = 0; round < 11; round++) {
    const asked = performance.now();
    await cluster.api.send("GET", PATH);
    lists.push(performance.now() - asked);
  }
  const cpu = (after.ticks - before.ticks) / TICKS / seconds;
  console.log(
    [
      `environments                 ${count}, all Ready`,
      `leading after                ${(leadingAfter / 1000).toFixed(1)} s`,
      `resident memory              ${(after.bytes / 1e6).toFixed(0)} MB (target: below 300)`,
      `share of a core over ${seconds} s   ${(cpu * 100).toFixed(2)} % (target: below 2)`,
      `listing them all             ${(lists.sort((a, b) => a - b)[5] ?? 0).toFixed(0)} ms (median of 11)`,
      `operations started           ${service.log.split("operation started").length - 1}`,
    ].join("\n"),
  );
} finally {
  await cluster.remove();
}

/** Creates an environment and writes the status that the service would have come to. */
async function createReady(number: number): Promise<void> {
  const source = { repository: REPOSITORY, branch: `feature/${number}`, commit: String(number).padStart(40, "0") };
  const { apiVersion, kind } = { apiVersion: "terrarium.dev/v1alpha1", kind: PREVIEW_ENVIRONMENT.kind };
  const metadata = { name: `shop-${number}`, namespace: NAMESPACE, finalizers: [PREVIEW_ENVIRONMENT.finalizer] };
  const body = { apiVersion, kind, metadata, spec: { source, owner: `user-${number % 50}` } };
  const created = await cluster.api.send<PreviewEnvironment>("POST", PATH, { body });
  const status = readyStatus(created);
  await cluster.api.send("PUT", `${PATH}/${metadata.name}/status`, { body: { ...created, status } });
}

function readyStatus(environment: PreviewEnvironment): PreviewEnvironment["status"] {
  const now = new Date();
  const common = { now, random: 0.5, admission: { admitted: true }, settings: SETTINGS } as const;
  const started = decide({ ...common, environment });
  const [start] = started.actions;
  if (start?.do !== "start") throw new Error(`the environment is not started but ${JSON.stringify(started)}`);
  const steps = ["namespace", "network", "services"].map((name) => ({
    name,
    startedAt: now.toISOString(),
    finishedAt: now.toISOString(),
    seconds: 1.5,
  }));
  const outcome = { ok: true, steps } as const;
  const ended = { request: start.request, fingerprint: start.fingerprint, at: now, outcome };
  return decide({ ...common, environment: { ...environment, status: started.status }, ended }).status;
}

function usageOf({ child }: PlatformProcess): { ticks: number; bytes: number } {
  const stat = readFileSync(`/proc/${child.pid ?? 0}/stat`, "utf8");
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return { ticks: (fields[11] ?? 0) + (fields[12] ?? 0), bytes: (fields[21] ?? 0) * PAGE_BYTES };
}
