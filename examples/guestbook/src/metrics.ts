import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";

/** A role's metrics; the names and labels of the requests are those that Terrarium's rules and dashboards read. */
export interface Metrics {
  readonly registry: Registry;
  /** Counts a finished request. */
  readonly observeRequest: (labels: RequestLabels, seconds: number) => void;
}

/** `route` is the pattern, never the path: a label with endless values would fill Prometheus. */
export interface RequestLabels extends Record<string, string> {
  readonly method: string;
  readonly route: string;
  readonly status_code: string;
}

const LABELS = ["method", "route", "status_code"];

/** Creates the metrics of one process: its requests, `process_*` and `nodejs_*`. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests that were answered, without those to /health, /ready and /metrics.",
    labelNames: LABELS,
    registers: [registry],
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Duration of requests in seconds, without those to /health, /ready and /metrics.",
    labelNames: LABELS,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    registry,
    observeRequest: (labels, seconds) => {
      requests.inc(labels);
      durations.observe(labels, seconds);
    },
  };
}
