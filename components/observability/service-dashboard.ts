import { READABLE } from "./log-queries.ts";
import { HEIGHT, logs, number, timeSeries, UNITS, type Panel, type Row } from "./panels.ts";
import { requestRate, SIGNALS } from "./rules.ts";
import { ALERT_THRESHOLDS } from "./settings.ts";

/** The golden signals of the service that the variable `service` names, its pods' resources, and its log. */
export function serviceRows(): Row[] {
  const only = 'service="$service"';
  const of = (signal: string) => `${signal}{${only}}`;
  const chart = (
    title: string,
    description: string,
    unit: string,
    queries: readonly { expr: string; legend: string }[],
  ): Panel => timeSeries({ title, description, unit, source: "prometheus", queries });
  const rate = "$__rate_interval";
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Pods up", `sum(up{${only}})`),
        number("Requests", of(SIGNALS.traffic), { unit: UNITS.requestsPerSecond }),
        number("Failed requests", of(SIGNALS.errorRatio), { unit: UNITS.ratio, bad: ALERT_THRESHOLDS.errorRatio }),
        number("Latency (99th percentile)", of(SIGNALS.latencyP99), {
          unit: UNITS.seconds,
          bad: ALERT_THRESHOLDS.latencySeconds,
        }),
        number("CPU of limit", of(SIGNALS.cpuSaturation), { unit: UNITS.ratio, bad: ALERT_THRESHOLDS.saturationRatio }),
        number("Memory of limit", of(SIGNALS.memorySaturation), {
          unit: UNITS.ratio,
          bad: ALERT_THRESHOLDS.saturationRatio,
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        chart("Traffic by status", "Requests per second.", UNITS.requestsPerSecond, [
          { expr: requestRate(only, "status_code", rate), legend: "{{status_code}}" },
        ]),
        chart("Errors by route", "Requests per second that ended with a 5xx status.", UNITS.requestsPerSecond, [
          { expr: requestRate(`${only}, status_code=~"5.."`, "method, route", rate), legend: "{{method}} {{route}}" },
        ]),
        chart("Latency", "Half, 95 % and 99 % of the requests are faster than the lines.", UNITS.seconds, [
          { expr: of(SIGNALS.latencyP50), legend: "50 %" },
          { expr: of(SIGNALS.latencyP95), legend: "95 %" },
          { expr: of(SIGNALS.latencyP99), legend: "99 %" },
        ]),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        chart("CPU", "Cores that each pod uses, and the limit at which it is throttled.", UNITS.cores, [
          { expr: `sum by (pod) (rate(process_cpu_seconds_total{${only}}[${rate}]))`, legend: "{{pod}}" },
          { expr: of(SIGNALS.cpuLimit), legend: "limit" },
        ]),
        chart("Memory", "Resident memory of each pod, and the limit at which it is killed.", UNITS.bytes, [
          { expr: `process_resident_memory_bytes{${only}}`, legend: "{{pod}}" },
          { expr: of(SIGNALS.memoryLimit), legend: "limit" },
        ]),
        chart("Event loop lag", "99th percentile of the delay of each pod's event loop (Node.js).", UNITS.seconds, [
          { expr: `nodejs_eventloop_lag_p99_seconds{${only}}`, legend: "{{pod}}" },
        ]),
      ],
    },
    {
      height: HEIGHT.log,
      panels: [logs({ title: "Log", queries: [{ expr: `{service_name="$service"} | ${READABLE}` }] })],
    },
  ];
}
