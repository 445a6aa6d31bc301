import { DATA_SOURCES, type DataSource } from "./data-sources.ts";
import { arrange, logs, stat, table, timeSeries, UNITS, type Panel, type PlacedPanel } from "./panels.ts";
import { requestRate, SIGNALS } from "./rules.ts";
import { ALERT_THRESHOLDS } from "./settings.ts";

/** A Grafana dashboard as its file holds it. */
export interface Dashboard {
  /** Never changes: links and bookmarks hold it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly graphTooltip: number;
  readonly timezone: "browser";
  readonly time: { readonly from: string; readonly to: string };
  readonly refresh: string;
  readonly links: readonly DashboardLink[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly PlacedPanel[];
}

interface DashboardLink {
  readonly title: string;
  readonly type: "link";
  readonly url: string;
  readonly icon: string;
  readonly tooltip: string;
  readonly tags: readonly string[];
  readonly asDropdown: boolean;
  readonly targetBlank: boolean;
  readonly includeVars: boolean;
  readonly keepTime: boolean;
}

interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: "query";
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly query: Readonly<Record<string, unknown>>;
  readonly refresh: number;
  readonly sort: number;
  readonly multi: boolean;
  readonly includeAll: boolean;
}

/**
 * Version of the dashboard format that these files are written in.
 *
 * @see https://github.com/grafana/grafana-foundation-sdk dashboard.Dashboard
 */
const SCHEMA_VERSION = 42;

/** File of the dashboard that Grafana opens with. */
export const HOME_DASHBOARD = "environment-overview.json";
const OVERVIEW_UID = "terrarium-overview";
const SERVICE_UID = "terrarium-service";

/** Lines that report an error, whatever the program that wrote them. */
const ERROR_LEVELS = 'detected_level=~"error|critical|fatal"';
/** Shows the message where the line is JSON that has one. */
const READABLE = "line_format `{{ if .message }}{{ .message }}{{ else }}{{ __line__ }}{{ end }}`";
const HEIGHT = { stat: 4, chart: 8, list: 9 } as const;

/**
 * The dashboards by file name. Panels of a data source that the environment does not have are left out; without any
 * there is no dashboard.
 */
export function createDashboards(environment: string, sources: readonly DataSource[]): Record<string, Dashboard> {
  if (sources.length === 0) return {};
  const has = (panels: readonly Panel[]) =>
    panels.filter((panel) => panel.targets.every((target) => sources.some((source) => DATA_SOURCES[source].uid === target.datasource.uid)));
  return {
    [HOME_DASHBOARD]: dashboard({
      uid: OVERVIEW_UID,
      title: "Environment overview",
      description: `What runs in ${environment}, how well, and what is wrong with it.`,
      links: [link("Service", SERVICE_UID)],
      variables: [],
      panels: arrange(overviewRows().map((row) => ({ ...row, panels: has(row.panels) }))),
    }),
    "service.json": dashboard({
      uid: SERVICE_UID,
      title: "Service",
      description: "The golden signals of one service, and its log.",
      links: [link("Environment overview", OVERVIEW_UID)],
      variables: [serviceVariable(sources)],
      panels: arrange(serviceRows().map((row) => ({ ...row, panels: has(row.panels) }))),
    }),
  };
}

interface Row {
  readonly height: number;
  readonly panels: readonly Panel[];
}

function overviewRows(): Row[] {
  const byService = (title: string, expr: string, unit: string, description: string): Panel =>
    timeSeries({
      title,
      description,
      unit,
      source: "prometheus",
      queries: [{ expr, legend: "{{service}}" }],
      link: `/d/${SERVICE_UID}?var-service=\${__field.labels.service}&\${__url_time_range}`,
    });
  const number = (title: string, expr: string, unit?: string, bad?: number): Panel =>
    stat({ title, unit, source: "prometheus", queries: [{ expr }], ...(bad === undefined ? {} : { threshold: { bad } }) });
  return [
    {
      height: HEIGHT.stat,
      panels: [
        number("Firing alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', UNITS.count, 1),
        number("Services up", "count(max by (service) (up) == 1) or vector(0)"),
        number("Pods that do not answer", "count(up == 0) or vector(0)", UNITS.count, 1),
        number("Requests", `sum(${SIGNALS.traffic})`, UNITS.requestsPerSecond),
        number("Failed requests", `sum(${SIGNALS.errors}) / (sum(${SIGNALS.traffic}) > 0)`, UNITS.ratio, ALERT_THRESHOLDS.errorRatio),
        stat({
          title: "Error lines",
          description: "Log lines at level error or above within the time range.",
          source: "loki",
          queries: [{ expr: `sum(count_over_time({service_name=~".+"} | ${ERROR_LEVELS} [$__range]))` }],
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        byService("Traffic", SIGNALS.traffic, UNITS.requestsPerSecond, "Requests per second of each service."),
        byService("Errors", SIGNALS.errorRatio, UNITS.ratio, "Share of requests that ended with a 5xx status."),
        byService("Latency (95th percentile)", SIGNALS.latencyP95, UNITS.seconds, "One request in twenty takes longer."),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        byService("CPU saturation", SIGNALS.cpuSaturation, UNITS.ratio, "CPU of the busiest pod as a share of its limit. At 100 % it is throttled."),
        byService("Memory saturation", SIGNALS.memorySaturation, UNITS.ratio, "Memory of the largest pod as a share of its limit. At 100 % it is killed."),
        timeSeries({
          title: "Error lines",
          description: "Log lines at level error or above.",
          source: "loki",
          queries: [{ expr: `sum by (service_name) (count_over_time({service_name=~".+"} | ${ERROR_LEVELS} [$__auto]))`, legend: "{{service_name}}" }],
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

function serviceRows(): Row[] {
  const only = 'service="$service"';
  const of = (signal: string) => `${signal}{${only}}`;
  const chart = (title: string, description: string, unit: string, queries: readonly { expr: string; legend: string }[]): Panel =>
    timeSeries({ title, description, unit, source: "prometheus", queries });
  const number = (title: string, expr: string, unit?: string, bad?: number): Panel =>
    stat({ title, unit, source: "prometheus", queries: [{ expr }], ...(bad === undefined ? {} : { threshold: { bad } }) });
  const rate = "$__rate_interval";
  return [
    {
      height: HEIGHT.stat,
      panels: [
        number("Pods up", `sum(up{${only}})`),
        number("Requests", of(SIGNALS.traffic), UNITS.requestsPerSecond),
        number("Failed requests", of(SIGNALS.errorRatio), UNITS.ratio, ALERT_THRESHOLDS.errorRatio),
        number("Latency (99th percentile)", of(SIGNALS.latencyP99), UNITS.seconds, ALERT_THRESHOLDS.latencySeconds),
        number("CPU of limit", of(SIGNALS.cpuSaturation), UNITS.ratio, ALERT_THRESHOLDS.saturationRatio),
        number("Memory of limit", of(SIGNALS.memorySaturation), UNITS.ratio, ALERT_THRESHOLDS.saturationRatio),
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
      height: HEIGHT.list * 2,
      panels: [logs({ title: "Log", queries: [{ expr: `{service_name="$service"} | ${READABLE}` }] })],
    },
  ];
}

function dashboard(given: {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly links: readonly DashboardLink[];
  readonly variables: readonly Variable[];
  readonly panels: readonly PlacedPanel[];
}): Dashboard {
  const { variables, ...rest } = given;
  return {
    ...rest,
    tags: ["terrarium"],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    graphTooltip: 1,
    timezone: "browser",
    time: { from: "now-1h", to: "now" },
    refresh: "30s",
    templating: { list: variables },
  };
}

function link(title: string, uid: string): DashboardLink {
  return {
    title,
    type: "link",
    url: `/d/${uid}`,
    icon: "dashboard",
    tooltip: "",
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: false,
    keepTime: true,
  };
}

function serviceVariable(sources: readonly DataSource[]): Variable {
  const source = sources.includes("prometheus") ? "prometheus" : "loki";
  const { type, uid } = DATA_SOURCES[source];
  return {
    name: "service",
    label: "Service",
    type: "query",
    datasource: { type, uid },
    query:
      source === "prometheus"
        ? { query: "label_values(up, service)", refId: "services" }
        : { type: 1, label: "service_name", refId: "services" },
    // Read again when the time range changes, sorted by name.
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  };
}
