/**
 * What observability costs in the environment with real pods that runs in this checkout: memory and CPU of each part, at rest
 * and while the guestbook answers requests, and how many series each service has, as the page docs/observability-cost.md.
 *
 * Usage: npm run observability-cost [-- --seconds N --rate N], 60 seconds each and 20 rounds of four requests a second
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { kubectl } from "../tests/cluster/kubectl.ts";
import { loki, prometheus, traffic } from "../tests/cluster/queries.ts";
import { namespace } from "../tests/cluster/stack.ts";
import { writeTable } from "./markdown-table.ts";

const PAGE = join(import.meta.dirname, "../docs/observability-cost.md");
const MEBIBYTE = 2 ** 20;

/** The kubelet's figures of one pod, as far as they are asked for here. */
interface PodStats {
  readonly podRef: { readonly name: string; readonly namespace: string };
  readonly containers?: readonly {
    readonly cpu?: { readonly usageCoreNanoSeconds?: number };
    readonly memory?: { readonly workingSetBytes?: number };
  }[];
}

/** CPU time in seconds and memory in bytes of a part at one moment. */
interface Usage {
  readonly cpuSeconds: number;
  readonly bytes: number;
}

const { values: options } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, rate: { type: "string", default: "20" } },
});
const [seconds, rate] = [Number(options.seconds), Number(options.rate)];
for (const [name, value] of Object.entries({ seconds, rate }))
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name}: got "${value}", expected a whole number from 1`);

const atRest = await measure(() => delay(seconds * 1000));
let rounds = 0;
const underLoad = await measure(async () => {
  const end = Date.now() + seconds * 1000;
  for (let next = Date.now(); Date.now() < end; next += 1000 / rate) {
    await delay(Math.max(0, next - Date.now()));
    await traffic();
    rounds += 1;
  }
});
const parts = [...atRest.keys()].toSorted();
const series = await prometheus("sort_desc(sum by (service) (scrape_samples_post_metric_relabeling))");
const bytes = await prometheus(
  "sum(prometheus_tsdb_storage_blocks_bytes) + sum(prometheus_tsdb_wal_storage_size_bytes)",
);
const streams = await loki('count by (service_name) (count_over_time({service_name=~".+"}[15m]))');
const requests = ((rounds * 4) / seconds).toFixed(0);
writeFileSync(
  PAGE,
  [
    "# What observability costs",
    `Measured in the environment with real pods: over ${seconds} s at rest, and over ${seconds} s in which the guestbook answered ${requests} requests a second. CPU in thousandths of a core, memory is the kubelet's working set at the end. Written by \`npm run observability-cost\`.`,
    writeTable(
      ["Part", "CPU at rest", "CPU under load", "Memory at rest", "Memory under load"],
      [...parts.map((part) => row(part, [part])), row("together", parts)],
    ),
    "## Series by service",
    writeTable(
      ["Service", "Series"],
      series.map(({ metric, value }) => [metric["service"] ?? "", value[1]]),
    ),
    `Prometheus's data took ${toMebibytes(Number(bytes[0]?.value[1] ?? 0))}. Loki had streams of ${streams.length} services.`,
  ].join("\n\n") + "\n",
);
console.log(`written: ${PAGE}`);

function row(title: string, of: readonly string[]): string[] {
  const sum = (figures: ReadonlyMap<string, Usage>, value: (usage: Usage) => number) =>
    of.reduce((total, part) => total + value(figures.get(part) ?? { cpuSeconds: 0, bytes: 0 }), 0);
  const cpu = (figures: ReadonlyMap<string, Usage>) =>
    `${((sum(figures, ({ cpuSeconds }) => cpuSeconds) / seconds) * 1000).toFixed(0)} m`;
  const memory = (figures: ReadonlyMap<string, Usage>) => toMebibytes(sum(figures, (usage) => usage.bytes));
  return [title, cpu(atRest), cpu(underLoad), memory(atRest), memory(underLoad)];
}

/** CPU time that each part used meanwhile, and its memory at the end. */
async function measure(meanwhile: () => Promise<void>): Promise<Map<string, Usage>> {
  const before = await usage();
  await meanwhile();
  const after = await usage();
  return new Map(
    [...after].map(([part, { cpuSeconds, bytes }]) => [
      part,
      { cpuSeconds: cpuSeconds - (before.get(part)?.cpuSeconds ?? 0), bytes },
    ]),
  );
}

/** What the kubelets say about the parts of observability; those of one name on several nodes together. */
async function usage(): Promise<Map<string, Usage>> {
  const { items } = JSON.parse(await read("get", "nodes", "--output", "json")) as {
    items: { metadata: { name: string } }[];
  };
  const found = new Map<string, Usage>();
  for (const { metadata } of items) {
    const summary = JSON.parse(await read("get", "--raw", `/api/v1/nodes/${metadata.name}/proxy/stats/summary`)) as {
      pods: PodStats[];
    };
    for (const { podRef, containers = [] } of summary.pods) {
      const part = partOf(podRef);
      if (part === undefined) continue;
      const had = found.get(part) ?? { cpuSeconds: 0, bytes: 0 };
      found.set(part, {
        cpuSeconds: containers.reduce((sum, { cpu }) => sum + (cpu?.usageCoreNanoSeconds ?? 0) / 1e9, had.cpuSeconds),
        bytes: containers.reduce((sum, { memory }) => sum + (memory?.workingSetBytes ?? 0), had.bytes),
      });
    }
  }
  return found;
}

function partOf(pod: PodStats["podRef"]): string | undefined {
  if (pod.namespace === `${namespace}-logs`) return "log collector";
  if (pod.namespace !== namespace) return undefined;
  return /^(prometheus|alertmanager|loki|grafana|kube-state-metrics|node-metrics|.+-exporter)(?=-)/.exec(pod.name)?.[0];
}

async function read(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

function toMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
}
