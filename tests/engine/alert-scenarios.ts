/** Series as promtool's tests write them: name and labels to values, one for each minute, e.g. "0+60x10". */
export type Series = Readonly<Record<string, string>>;

/** When an alert fires, and when something like it leaves it quiet. */
export interface AlertScenario {
  /** Time from the beginning at which both are looked at, e.g. "15m". */
  readonly at: string;
  readonly fires: Series;
  readonly quiet: Series;
  /** Further matchers, where other parts of the environment would fire too. @default none */
  readonly matching?: string;
}

const WEB = 'environment="shop", namespace="shop", service="web"';
const LOKI = 'environment="shop", namespace="shop", service="loki"';
const POD = `${WEB}, pod="web-0"`;

/** Requests, of which a share fails; `perMinute` of both together. */
function requests(perMinute: number, failedShare: number, minutes: number): Series {
  const counter = (rate: number) => `0+${rate}x${minutes}`;
  return {
    [`http_requests_total{${POD}, status_code="200"}`]: counter(perMinute * (1 - failedShare)),
    [`http_requests_total{${POD}, status_code="500"}`]: counter(perMinute * failedShare),
  };
}

/** Requests that all take between one and two buckets: 0.1 s, 1 s, 10 s. */
function durations(slowPerMinute: number, quickPerMinute: number): Series {
  const bucket = (le: string, rate: number) => ({
    [`http_request_duration_seconds_bucket{${POD}, le="${le}"}`]: `0+${rate}x60`,
  });
  const all = slowPerMinute + quickPerMinute;
  return {
    ...bucket("0.1", quickPerMinute),
    ...bucket("1", quickPerMinute),
    ...bucket("10", all),
    ...bucket("+Inf", all),
  };
}

/** A scenario of one series that differs in its values alone. */
function values(series: string, at: string, fires: string, quiet: string): AlertScenario {
  return { at, fires: { [series]: fires }, quiet: { [series]: quiet } };
}

const POLLS = 'terrarium_pull_request_polls_total{repository="team/shop"';
const UP = `up{${POD}}`;
const MEBIBYTE = 2 ** 20;

/** A scenario for each alert, by name; the environment has a service `web` with limits of 500m and 256Mi. */
export const ALERT_SCENARIOS: Readonly<Record<string, AlertScenario>> = {
  TargetDown: values(UP, "10m", "0x20", "0x3 1x20"),
  ServiceDown: {
    at: "10m",
    fires: { [UP]: "0x20", [`up{${WEB}, pod="web-1"}`]: "0x20" },
    quiet: { [UP]: "0x20", [`up{${WEB}, pod="web-1"}`]: "1x20" },
  },
  ServiceMissing: { at: "10m", fires: {}, quiet: { [UP]: "1x20" }, matching: 'service="web"' },
  ErrorBudgetBurnsFast: { at: "30m", fires: requests(600, 0.2, 60), quiet: requests(600, 0.05, 60) },
  ErrorBudgetBurns: { at: "2h", fires: requests(600, 0.05, 180), quiet: requests(600, 0.02, 180) },
  HighLatency: { at: "30m", fires: durations(6, 60), quiet: durations(0, 60) },
  CpuSaturated: values(`process_cpu_seconds_total{${POD}}`, "30m", "0+29x60", "0+20x60"),
  MemoryNearLimit: values(
    `process_resident_memory_bytes{${POD}}`,
    "30m",
    `${250 * MEBIBYTE}x60`,
    `${200 * MEBIBYTE}x60`,
  ),
  FilesNearLimit: {
    at: "30m",
    fires: { [`process_open_fds{${POD}}`]: "990x60", [`process_max_fds{${POD}}`]: "1024x60" },
    quiet: { [`process_open_fds{${POD}}`]: "90x60", [`process_max_fds{${POD}}`]: "1024x60" },
  },
  ServiceRestarting: values(
    `process_start_time_seconds{${POD}}`,
    "25m",
    "100x4 400x4 700x4 1000x20",
    "100x4 400x4 700x40",
  ),
  PrometheusRuleEvaluationFailures: values(
    'prometheus_rule_evaluation_failures_total{rule_group="services"}',
    "30m",
    "0+1x60",
    "5x60",
  ),
  PrometheusConfigReloadFailed: values("prometheus_config_last_reload_successful", "15m", "0x30", "0x5 1x30"),
  PrometheusStorageFailing: values("prometheus_tsdb_compactions_failed_total", "15m", "0x10 1x20", "1x30"),
  MetricsIngestionStopped: values(
    'prometheus_tsdb_head_samples_appended_total{environment="shop"}',
    "40m",
    "1000x60",
    "0+1000x60",
  ),
  MetricsTargetTooLarge: values("prometheus_target_scrapes_exceeded_sample_limit_total", "15m", "0+1x30", "3x30"),
  LokiIngestionErrors: {
    at: "30m",
    fires: { [`loki_request_duration_seconds_count{${LOKI}, status_code="500", route="otlp_v1_logs"}`]: "0+5x60" },
    quiet: { [`loki_request_duration_seconds_count{${LOKI}, status_code="500", route="loki_api_v1_query"}`]: "0+5x60" },
  },
  LokiLinesDiscarded: values(`loki_discarded_samples_total{${LOKI}, reason="rate_limited"}`, "30m", "0+10x60", "10x60"),
  LogIngestionStopped: values(`loki_distributor_lines_received_total{${LOKI}}`, "40m", "100x60", "0+10x60"),
  AlertmanagerUnreachable: values("prometheus_notifications_alertmanagers_discovered", "15m", "0x30", "1x30"),
  AlertNotificationsFail: values(
    'alertmanager_notifications_failed_total{environment="shop", integration="webhook"}',
    "30m",
    "0+1x60",
    "2x60",
  ),
  AlertmanagerConfigReloadFailed: values("alertmanager_config_last_reload_successful", "15m", "0x30", "1x30"),
  PlatformWithoutLeader: {
    at: "10m",
    fires: { 'terrarium_leader{pod="a"}': "0x20", 'terrarium_leader{pod="b"}': "0x20" },
    quiet: { 'terrarium_leader{pod="a"}': "0x20", 'terrarium_leader{pod="b"}': "1x20" },
  },
  EnvironmentsFailed: values('terrarium_environments{phase="Failed"}', "90m", "2x120", "2x40 0x80"),
  EnvironmentsStuck: {
    at: "3h",
    fires: { 'terrarium_environments{phase="Provisioning"}': "1x200", terrarium_operation_seconds_count: "7x200" },
    quiet: { 'terrarium_environments{phase="Provisioning"}': "1x200", terrarium_operation_seconds_count: "0+1x200" },
  },
  EnvironmentsQueued: values('terrarium_environments{phase="Queued"}', "45m", "3x60", "3x20 0x40"),
  WorkQueueNotDrained: values("terrarium_work_queue_length", "40m", "5x60", "5 0 5 0 5 0 5x9 0 5x20 0x20"),
  EnvironmentDeletionBlocked: values('terrarium_environments{phase="DeleteBlocked"}', "30m", "1x60", "1x10 0x50"),
  OrphansFound: values('terrarium_garbage{kind="stack"}', "3h", "1x200", "1x60 0x140"),
  ReconcileFailures: values("terrarium_reconcile_failures_total", "30m", "0+1x60", "0x20 2x40"),
  PullRequestsUnread: {
    at: "3h",
    fires: { [`${POLLS}, outcome="failed"}`]: "0x100 0+1x100", [`${POLLS}, outcome="ok"}`]: "0+1x100 100x100" },
    quiet: { [`${POLLS}, outcome="failed"}`]: "0+1x200", [`${POLLS}, outcome="ok"}`]: "0x100 1x30 2x30 3x40" },
  },
};
