import { HEIGHT, number, table, timeSeries, UNITS, type Row } from "./panels.ts";

const SECONDS = "terrarium_operation_seconds";
const STEP_SECONDS = "terrarium_operation_step_seconds";

/** How preview environments do, from the platform service's metrics: who waits, how long it takes, why it fails. */
export function previewsRows(): Row[] {
  const rate = "$__rate_interval";
  const inPhase = (phase: string) => `max(terrarium_environments{phase="${phase}"})`;
  const quantile = (share: number, metric: string, by: string, selector = "") =>
    `histogram_quantile(${share}, sum by (${by}, le) (rate(${metric}_bucket{${selector}}[$__range])))`;
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Ready", inPhase("Ready")),
        number("Waiting for a place", inPhase("Queued")),
        number("Being provisioned", inPhase("Provisioning")),
        number("Failed", inPhase("Failed"), { unit: UNITS.count, bad: 1 }),
        number("Deletion blocked", inPhase("DeleteBlocked"), { unit: UNITS.count, bad: 1 }),
        number("Orphans", "sum(max by (kind) (terrarium_garbage)) or vector(0)", {
          description: "Stacks and namespaces that no environment wants.",
          unit: UNITS.count,
          bad: 1,
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        timeSeries({
          title: "Environments by phase",
          source: "prometheus",
          queries: [{ expr: "max by (phase) (terrarium_environments)", legend: "{{phase}}" }],
        }),
        timeSeries({
          title: "Work",
          description: "Environments that wait to be looked at, and operations that run.",
          source: "prometheus",
          queries: [
            { expr: "max(terrarium_work_queue_length)", legend: "waiting" },
            { expr: "max by (kind) (terrarium_operations_running)", legend: "{{kind}}" },
          ],
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        timeSeries({
          title: "Time to Ready by step (95th percentile)",
          description: "Of the applies within the time range; a step that grows is where the time goes.",
          source: "prometheus",
          unit: UNITS.seconds,
          queries: [{ expr: quantile(0.95, STEP_SECONDS, "step", 'kind="apply"'), legend: "{{step}}" }],
        }),
        timeSeries({
          title: "Duration of operations",
          description: "Half and 95 % of the operations within the time range were faster than the lines.",
          source: "prometheus",
          unit: UNITS.seconds,
          queries: [
            { expr: quantile(0.5, SECONDS, "kind"), legend: "{{kind}} 50 %" },
            { expr: quantile(0.95, SECONDS, "kind"), legend: "{{kind}} 95 %" },
          ],
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        timeSeries({
          title: "Failures by reason",
          description: "Operations per second that failed; each reason has a runbook.",
          source: "prometheus",
          queries: [
            {
              expr: `sum by (kind, reason) (rate(terrarium_operation_failures_total[${rate}]))`,
              legend: "{{kind}}: {{reason}}",
            },
          ],
        }),
        table({
          title: "Failures within the time range",
          source: "prometheus",
          queries: [{ expr: "sum by (kind, reason) (increase(terrarium_operation_failures_total[$__range])) > 0" }],
        }),
      ],
    },
  ];
}
