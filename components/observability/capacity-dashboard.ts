import { HEIGHT, number, timeSeries, UNITS, type Row } from "./panels.ts";
import { SERVICE_LABELS, SIGNALS } from "./rules.ts";

/** What the environment may use, what it does use, and what observability itself costs. */
export function capacityRows(): Row[] {
  const rate = "$__rate_interval";
  const cpu = `rate(process_cpu_seconds_total[${rate}])`;
  const memory = "process_resident_memory_bytes";
  /** Limits of all pods: those of one, as often as there are pods. */
  const allowed = (limit: string) => `sum(${limit} * on (${SERVICE_LABELS}) count by (${SERVICE_LABELS}) (up))`;
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Pods", "count(up)"),
        number("CPU in use", `sum(${cpu})`, { unit: UNITS.cores }),
        number("CPU of all limits", `sum(${cpu}) / ${allowed(SIGNALS.cpuLimit)}`, { unit: UNITS.ratio, bad: 0.9 }),
        number("Memory in use", `sum(${memory})`, { unit: UNITS.bytes }),
        number("Memory of all limits", `sum(${memory}) / ${allowed(SIGNALS.memoryLimit)}`, {
          unit: UNITS.ratio,
          bad: 0.9,
        }),
        number("Series", "sum(prometheus_tsdb_head_series)", {
          description: "Series that Prometheus holds in memory: about 3 KiB each.",
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        timeSeries({
          title: "CPU by service",
          description: "Cores that all pods of a service use together.",
          source: "prometheus",
          unit: UNITS.cores,
          queries: [{ expr: `sum by (service) (${cpu})`, legend: "{{service}}" }],
        }),
        timeSeries({
          title: "Memory by service",
          description: "Resident memory of all pods of a service together.",
          source: "prometheus",
          unit: UNITS.bytes,
          queries: [{ expr: `sum by (service) (${memory})`, legend: "{{service}}" }],
        }),
        timeSeries({
          title: "Pods by service",
          source: "prometheus",
          queries: [{ expr: "count by (service) (up)", legend: "{{service}}" }],
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        timeSeries({
          title: "Series by service",
          description: "Samples of one scrape of all pods; a rise without an end is a label without bound.",
          source: "prometheus",
          queries: [{ expr: "sum by (service) (scrape_samples_post_metric_relabeling)", legend: "{{service}}" }],
        }),
        timeSeries({
          title: "Prometheus's data",
          description: "Bytes on its volume: blocks, and the log of the newest samples.",
          source: "prometheus",
          unit: UNITS.bytes,
          queries: [
            { expr: "sum(prometheus_tsdb_storage_blocks_bytes)", legend: "blocks" },
            { expr: "sum(prometheus_tsdb_wal_storage_size_bytes)", legend: "log" },
          ],
        }),
        timeSeries({
          title: "Log bytes by service",
          description: "Bytes per second that Loki stores.",
          source: "loki",
          unit: "Bps",
          queries: [
            { expr: 'sum by (service_name) (bytes_rate({service_name=~".+"}[$__auto]))', legend: "{{service_name}}" },
          ],
        }),
      ],
    },
  ];
}
