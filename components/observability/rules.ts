import { exportersOf, parseQuantity, type ResolvedEnvironment, type ResourceDefaults } from "../../spec/index.ts";
import { ERROR_WINDOWS } from "./settings.ts";

/** A rule that stores an expression's value as a series of its own. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A rule that fires while its expression has a value. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold, e.g. "5m". */
  readonly for: string;
  readonly labels: {
    /** critical: users notice now; warning: look at it today. */
    readonly severity: "critical" | "warning";
  };
  readonly annotations: {
    /** One line for a pager. */
    readonly summary: string;
    /** What it means, with the value, and where to look first. */
    readonly description: string;
    /** Page of the repository that says what to do. */
    readonly runbook?: string;
  };
}

/** Rules that Prometheus evaluates together. */
export interface RuleGroup<R> {
  readonly name: string;
  readonly rules: readonly R[];
}

/** Labels that identify a service; every recorded series carries exactly these. */
export const SERVICE_LABELS = "environment, namespace, service";

/** Recorded series of the golden signals, one value for each service; dashboards and alerts read only these names. */
export const SIGNALS = {
  /** Requests per second. */
  traffic: "service:http_requests:rate5m",
  /** Failed requests (status 5xx) per second. */
  errors: "service:http_request_errors:rate5m",
  /** Share of requests that failed, from 0 to 1. */
  errorRatio: "service:http_request_errors:ratio_rate5m",
  /** Median duration of requests in seconds. */
  latencyP50: "service:http_request_duration_seconds:p50_rate5m",
  /** 95th percentile in seconds. */
  latencyP95: "service:http_request_duration_seconds:p95_rate5m",
  /** 99th percentile in seconds. */
  latencyP99: "service:http_request_duration_seconds:p99_rate5m",
  /** CPU of the busiest pod as a share of its limit, from 0 to 1. */
  cpuSaturation: "service:cpu_saturation:ratio_rate5m",
  /** Memory of the largest pod as a share of its limit, from 0 to 1. */
  memorySaturation: "service:memory_saturation:ratio",
  /** Open files of the busiest pod as a share of what it may open, from 0 to 1. */
  fileSaturation: "service:open_files_saturation:ratio",
  /** 99th percentile of the event loop's delay in seconds, of the slowest pod; Node.js services only. */
  eventLoopLag: "service:nodejs_eventloop_lag_seconds:max",
  /** CPU limit of each pod in cores, from the environment's description. */
  cpuLimit: "service:cpu_limit:cores",
  /** Memory limit of each pod in bytes, from the environment's description. */
  memoryLimit: "service:memory_limit:bytes",
} as const;

/** Recorded series of what exporters are about, where there are any. */
export const EXPORTED = {
  /** 1 for each pod that Kubernetes knows, with the label `service`. */
  pod: "pod:service:info",
  /** Size of each data store's volume in bytes, from the environment's description; the label `service` is the store's exporter. */
  volumeSize: "store:volume_size:bytes",
} as const;

/** Recorded shares of failed requests over each window that alerts look at, from 0 to 1. */
export const ERROR_RATIOS = {
  "5m": SIGNALS.errorRatio,
  "30m": "service:http_request_errors:ratio_rate30m",
  "1h": "service:http_request_errors:ratio_rate1h",
  "6h": "service:http_request_errors:ratio_rate6h",
} as const satisfies Record<(typeof ERROR_WINDOWS)[number], string>;

/**
 * Requests of the selected services: the counter, or for services that only have the histogram, its count.
 *
 * @param selector label matchers, e.g. `service="web"`.
 * @param by labels that remain.
 */
export function requestRate(selector: string, by: string = SERVICE_LABELS, window = "5m"): string {
  const rate = (metric: string) => `sum by (${by}) (rate(${metric}{${selector}}[${window}]))`;
  return `${rate("http_requests_total")} or ${rate("http_request_duration_seconds_count")}`;
}

function errorRatio(window: string): string {
  const traffic = requestRate("", SERVICE_LABELS, window);
  const errors = requestRate('status_code=~"5.."', SERVICE_LABELS, window);
  return `(${errors} or (${traffic}) * 0) / ((${traffic}) > 0)`;
}

/**
 * The four golden signals of every service, from what prom-client and its fastify and express adapters expose:
 * `http_request_duration_seconds` (histogram) and, where there is one, `http_requests_total`, both with the label
 * `status_code`; and `process_*` and `nodejs_*`.
 *
 * @see https://sre.google/sre-book/monitoring-distributed-systems/#xref_monitoring_golden-signals
 */
export function goldenSignalRules(): RuleGroup<RecordingRule>[] {
  const by = SERVICE_LABELS;
  const ofLimit = (usage: string, limit: string) => `max by (${by}) (${usage}) / on (${by}) ${limit}`;
  return [
    {
      name: "golden-signals-requests",
      rules: [
        { record: SIGNALS.traffic, expr: requestRate("") },
        // Services without an error get a zero, so that a ratio exists for each that has traffic.
        { record: SIGNALS.errors, expr: `${requestRate('status_code=~"5.."')} or ${SIGNALS.traffic} * 0` },
        ...ERROR_WINDOWS.map((window) => ({ record: ERROR_RATIOS[window], expr: errorRatio(window) })),
        ...(
          [
            [SIGNALS.latencyP50, 0.5],
            [SIGNALS.latencyP95, 0.95],
            [SIGNALS.latencyP99, 0.99],
          ] as const
        ).map(([record, quantile]) => ({
          record,
          expr: `histogram_quantile(${quantile}, sum by (${by}, le) (rate(http_request_duration_seconds_bucket[5m])))`,
        })),
      ],
    },
    {
      name: "golden-signals-saturation",
      rules: [
        { record: SIGNALS.cpuSaturation, expr: ofLimit("rate(process_cpu_seconds_total[5m])", SIGNALS.cpuLimit) },
        { record: SIGNALS.memorySaturation, expr: ofLimit("process_resident_memory_bytes", SIGNALS.memoryLimit) },
        { record: SIGNALS.fileSaturation, expr: `max by (${by}) (process_open_fds / process_max_fds)` },
        { record: SIGNALS.eventLoopLag, expr: `max by (${by}) (nodejs_eventloop_lag_p99_seconds)` },
      ],
    },
  ];
}

/**
 * What the environment's description says about each part that is scraped: its limits. They let saturation be a ratio
 * without kube-state-metrics, and their presence tells which services should be there at all.
 */
export function declaredRules(environment: ResolvedEnvironment): RuleGroup<RecordingRule>[] {
  return [
    {
      name: "declared-limits",
      rules: Object.entries(scrapedParts(environment)).flatMap(([service, { limits }]) => {
        const labels = { environment: environment.name, namespace: environment.name, service };
        return [
          { record: SIGNALS.cpuLimit, expr: `vector(${parseQuantity(limits.cpu, "cpu") ?? 0})`, labels },
          { record: SIGNALS.memoryLimit, expr: `vector(${parseQuantity(limits.memory, "bytes") ?? 0})`, labels },
        ];
      }),
    },
    ...volumeRules(environment),
  ];
}

/** What an expression says of data stores' exporters, with the store's name in the label `service`. */
export function ofStore(expr: string): string {
  return `label_replace(${expr}, "service", "$1", "service", "(.+)-exporter")`;
}

/** Series of exporters under names of their own. */
export function exporterRules({ exporters }: ResolvedEnvironment["observability"]): RuleGroup<RecordingRule>[] {
  if (!exporters.kubeState.enabled) return [];
  const label = "label_app_kubernetes_io_name";
  const expr = `max by (${SERVICE_LABELS}, pod) (label_replace(kube_pod_labels{${label}!=""}, "service", "$1", "${label}", "(.+)"))`;
  return [{ name: "pods", rules: [{ record: EXPORTED.pod, expr }] }];
}

function volumeRules(environment: ResolvedEnvironment): RuleGroup<RecordingRule>[] {
  const { name: namespace, dataStores } = environment;
  const rules = exportersOf(environment).flatMap(({ name: service, store }): RecordingRule[] => {
    const size = dataStores[store ?? ""]?.storage.size;
    if (size === undefined) return [];
    const labels = { environment: namespace, namespace, service };
    return [{ record: EXPORTED.volumeSize, expr: `vector(${parseQuantity(size, "bytes") ?? 0})`, labels }];
  });
  return rules.length > 0 ? [{ name: "declared-volumes", rules }] : [];
}

function scrapedParts(environment: ResolvedEnvironment): Record<string, ResourceDefaults> {
  const { services, observability } = environment;
  const parts: Record<string, ResourceDefaults> = {};
  for (const [name, service] of Object.entries(services)) {
    if (service.metrics && service.replicas > 0) parts[name] = service.resources;
  }
  for (const server of ["prometheus", "alertmanager", "loki", "grafana"] as const) {
    if (observability[server].enabled) parts[server] = observability[server].resources;
  }
  for (const { name, settings } of exportersOf(environment)) parts[name] = settings.resources;
  return parts;
}
