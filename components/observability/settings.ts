import { parseQuantity, type ResourceDefaults } from "../../spec/index.ts";

/** Port of the collector's health check. */
export const COLLECTOR_HEALTH_PORT = 13133;

/** How Prometheus reads its targets. */
export const SCRAPE = {
  intervalSeconds: 15,
  timeoutSeconds: 10,
  /** Series that one target may expose; a scrape with more fails, so that one runaway label can't fill the volume. */
  sampleLimit: 20_000,
} as const;

/** Seconds between two looks at the rule files that change while Prometheus runs. */
export const CONFIG_RELOAD_SECONDS = 30;

/** Share of the volume that samples may fill, in percent; the rest is for the write-ahead log and compaction. */
export const PROMETHEUS_VOLUME_PERCENT = 80;

/** What Loki accepts, in megabytes per second. The collector waits and tries again above it. */
export const LOG_INGESTION = { rateMb: 8, burstMb: 16, streamRateMb: 4, streamBurstMb: 16 } as const;

/** How much of a log there may be, so that no program can fill Loki's memory or index. */
export const LOG_LIMITS = {
  /** Bytes of one line; the collector makes several of a longer one. */
  lineBytes: 256 << 10,
  /** Bytes of the parts in which container runtimes write a long line. */
  entryBytes: 16 << 10,
  /** Characters of a message that is kept beside its line; a longer one is in the line alone. */
  messageCharacters: 4096,
  /** Streams that are written to at a time: one for each container that logs. */
  streams: 2000,
  /** Labels of a stream. */
  labels: 5,
  /** Fields beside a line, and their bytes together. */
  fields: 16,
  fieldBytes: 64 << 10,
} as const;

/** Share of the memory limit that the write-ahead log's replay may use when Loki starts, in percent. */
export const LOKI_REPLAY_MEMORY_PERCENT = 50;

/** How the collector ships lines. */
export const LOG_SHIPPING = {
  /** Bytes of one request to Loki, whose own limit for a message is 4 MiB. */
  batchBytes: 1 << 20,
  /** Milliseconds until a smaller batch is sent. */
  flushMilliseconds: 1000,
  /** Bytes kept on the node while Loki does not answer; then reading pauses, and the kubelet's files are the buffer. */
  queueBytes: 64 << 20,
  /** Share of the memory limit above which the collector refuses lines, in percent. */
  memoryPercent: 80,
  /** Part of it that must stay free for a burst, in percent of the limit. */
  memorySpikePercent: 20,
} as const;

/** Share of requests that must not end with a 5xx status. */
export const AVAILABILITY_OBJECTIVE = 0.995;

/** Windows over which errors are summed up for alerts. */
export const ERROR_WINDOWS = ["5m", "30m", "1h", "6h"] as const;

/** How fast the errors that the objective allows in 30 days may be used up: 2 % in an hour, 5 % in six. */
export const ERROR_BUDGET_BURNS = [
  { alert: "ErrorBudgetBurnsFast", long: "1h", short: "5m", factor: 14.4, severity: "critical" },
  { alert: "ErrorBudgetBurns", long: "6h", short: "30m", factor: 6, severity: "warning" },
] as const;

/** When alerts fire. Durations in minutes, latency in seconds, ratios from 0 to 1. */
export const ALERT_THRESHOLDS = {
  targetDownMinutes: 5,
  serviceDownMinutes: 2,
  /** Share of failed requests from which dashboards are red. */
  errorRatio: 0.05,
  errorMinutes: 2,
  /** Requests per second below which a ratio of errors says nothing. */
  errorTraffic: 0.05,
  latencySeconds: 1,
  latencyMinutes: 10,
  saturationRatio: 0.9,
  saturationMinutes: 10,
  restartWindow: "30m",
  restarts: 3,
  pipelineMinutes: 10,
  leaderMinutes: 2,
  stuckMinutes: 60,
  queueMinutes: 30,
  deletionMinutes: 15,
  orphanMinutes: 120,
  unreadMinutes: 15,
  /** How long an out-of-memory kill is told. */
  killMinutes: 30,
  imagePullMinutes: 5,
  notReadyMinutes: 10,
  /** Hours by which a backup may be later than its schedule says. */
  backupLateHours: 3,
  backupMinutes: 30,
  storeDownMinutes: 2,
  /** Share of a volume or disk that may be full, from 0 to 1. */
  diskRatio: 0.85,
  rejectedWindow: "15m",
} as const;

/** How alerts are told: how long to wait for others of the same service, and when to tell again what still holds. */
export const ALERT_ROUTING = {
  groupWait: "30s",
  groupInterval: "5m",
  repeat: { critical: "1h", warning: "12h" },
} as const;

/** A number of minutes as Prometheus writes it. */
export function minutes(count: number): string {
  return `${count}m`;
}

/** Share of a memory limit at which a Go program collects garbage harder, in percent. */
const GO_MEMORY_PERCENT = 85;

/** Makes a Go program stay below its container's memory limit instead of being killed at it. */
export function goMemoryLimit({ limits }: ResourceDefaults): Record<string, string> {
  return { GOMEMLIMIT: String(percentOfBytes(limits.memory, GO_MEMORY_PERCENT)) };
}

/** A share of a Kubernetes quantity of bytes, in whole bytes. */
export function percentOfBytes(quantity: string, percent: number): number {
  return Math.floor(((parseQuantity(quantity, "bytes") ?? 0) * percent) / 100);
}
