import { ERROR_LEVELS, READABLE } from "./log-queries.ts";
import { HEIGHT, logs, number, table, timeSeries, UNITS, type Panel, type Row } from "./panels.ts";
import { SIGNALS } from "./rules.ts";
import { ALERT_THRESHOLDS } from "./settings.ts";

/**
 * What someone on call looks at first: what is wrong, then how each service does.
 *
 * @param serviceUid uid of the dashboard that a service's line leads to.
 */
export function overviewRows(serviceUid: string): Row[] {
  const byService = (title: string, expr: string, unit: string, description: string): Panel =>
    timeSeries({
      title,
      description,
      unit,
      source: "prometheus",
      queries: [{ expr, legend: "{{service}}" }],
      link: `/d/${serviceUid}?var-service=\${__field.labels.service}&\${__url_time_range}`,
    });
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Firing alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', { unit: UNITS.count, bad: 1 }),
        number("Services up", "count(max by (service) (up) == 1) or vector(0)"),
        number("Pods that do not answer", "count(up == 0) or vector(0)", { unit: UNITS.count, bad: 1 }),
        number("Requests", `sum(${SIGNALS.traffic})`, { unit: UNITS.requestsPerSecond }),
        number("Failed requests", `sum(${SIGNALS.errors}) / (sum(${SIGNALS.traffic}) > 0)`, {
          unit: UNITS.ratio,
          bad: ALERT_THRESHOLDS.errorRatio,
        }),
        number("Error lines", `sum(count_over_time({service_name=~".+"} | ${ERROR_LEVELS} [$__range]))`, {
          description: "Log lines at level error or above within the time range.",
          source: "loki",
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        byService("Traffic", SIGNALS.traffic, UNITS.requestsPerSecond, "Requests per second of each service."),
        byService("Errors", SIGNALS.errorRatio, UNITS.ratio, "Share of requests that ended with a 5xx status."),
        byService(
          "Latency (95th percentile)",
          SIGNALS.latencyP95,
          UNITS.seconds,
          "One request in twenty takes longer.",
        ),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        byService(
          "CPU saturation",
          SIGNALS.cpuSaturation,
          UNITS.ratio,
          "CPU of the busiest pod as a share of its limit. At 100 % it is throttled.",
        ),
        byService(
          "Memory saturation",
          SIGNALS.memorySaturation,
          UNITS.ratio,
          "Memory of the largest pod as a share of its limit. At 100 % it is killed.",
        ),
        timeSeries({
          title: "Error lines",
          description: "Log lines at level error or above.",
          source: "loki",
          queries: [
            {
              expr: `sum by (service_name) (count_over_time({service_name=~".+"} | ${ERROR_LEVELS} [$__auto]))`,
              legend: "{{service_name}}",
            },
          ],
        }),
      ],
    },
    {
      height: HEIGHT.list,
      panels: [
        table({
          title: "Firing alerts",
          source: "prometheus",
          queries: [{ expr: 'ALERTS{alertstate="firing"}' }],
          hide: ["__name__", "alertstate", "environment", "namespace", "job", "instance", "version", "component"],
        }),
        logs({ title: "Errors", queries: [{ expr: `{service_name=~".+"} | ${ERROR_LEVELS} | ${READABLE}` }] }),
      ],
    },
  ];
}
