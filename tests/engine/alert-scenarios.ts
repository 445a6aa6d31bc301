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
const MEBIBYTE = 2 ** 20;

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

const KUBE_POD = 'environment="shop", namespace="shop", service="kube-state-metrics", pod="web-0"';
const KUBE_CONTAINER = `${KUBE_POD}, container="web"`;
const BACKUP = 'environment="shop", namespace="shop", service="kube-state-metrics", cronjob="db-backup"';
const POSTGRES = 'environment="shop", namespace="shop", service="db-exporter"';
const REDIS = 'environment="shop", namespace="shop", service="cache-exporter"';
const NODE = 'environment="shop", namespace="shop", service="node-metrics", node="one"';

/** Series of kube-state-metrics about a pod of the service `web`. */
function ofPod(series: Series): Series {
  return { [`kube_pod_labels{${KUBE_POD}, label_app_kubernetes_io_name="web"}`]: "1x60", ...series };
}

/** A pod that is not ready, in a phase. */
function notReady(phase: string): Series {
  return ofPod({
    [`kube_pod_status_ready{${KUBE_POD}, condition="true"}`]: "0x60",
    [`kube_pod_status_phase{${KUBE_POD}, phase="${phase}"}`]: "1x60",
  });
}

/** A container that has ended for a reason and started anew. */
function endedBy(reason: string): Series {
  return ofPod({
    [`kube_pod_container_status_last_terminated_timestamp{${KUBE_CONTAINER}}`]: "_x10 600x20",
    [`kube_pod_container_status_last_terminated_reason{${KUBE_CONTAINER}, reason="${reason}"}`]: "_x10 1x20",
  });
}

/** A backup that was begun ten minutes after the beginning; `succeeded` is when the newest one ended well, in seconds. */
function backup(succeeded: number): Series {
  return {
    [`kube_cronjob_status_last_schedule_time{${BACKUP}}`]: "600x400",
    [`kube_cronjob_status_last_successful_time{${BACKUP}}`]: `${succeeded}x400`,
    [`kube_cronjob_next_schedule_time{${BACKUP}}`]: "87000x400",
  };
}

/** A Postgres store whose databases have a size, in mebibytes; its volume has 1Gi. */
function databases(mebibytes: number): Series {
  return {
    [`pg_database_size_bytes{${POSTGRES}, datname="app"}`]: `${mebibytes * MEBIBYTE}x60`,
    [`pg_database_size_bytes{${POSTGRES}, datname="postgres"}`]: `${8 * MEBIBYTE}x60`,
    [`pg_wal_size_bytes{${POSTGRES}}`]: `${64 * MEBIBYTE}x60`,
  };
}

/** A Redis store that is nearly full. */
function fullRedis(policy: string): Series {
  return {
    [`redis_memory_used_bytes{${REDIS}}`]: "95x60",
    [`redis_memory_max_bytes{${REDIS}}`]: "100x60",
    [`redis_instance_info{${REDIS}, maxmemory_policy="${policy}"}`]: "1x60",
  };
}

function share(part: string, whole: string, labels: string, percent: number): Series {
  return { [`${part}{${labels}}`]: `${percent}x60`, [`${whole}{${labels}}`]: "100x60" };
}

/** A scenario for each alert, by name; the environment has a service `web` with limits of 500m and 256Mi, and two stores. */
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
  OutOfMemoryKilled: { at: "15m", fires: endedBy("OOMKilled"), quiet: endedBy("Error") },
  ImagePullFails: {
    at: "15m",
    fires: ofPod({
      [`kube_pod_container_status_waiting_reason{${KUBE_CONTAINER}, reason="ImagePullBackOff"}`]: "1x60",
    }),
    quiet: ofPod({
      [`kube_pod_container_status_waiting_reason{${KUBE_CONTAINER}, reason="ContainerCreating"}`]: "1x60",
    }),
  },
  PodNotReady: { at: "20m", fires: notReady("Running"), quiet: notReady("Succeeded") },
  BackupOverdue: { at: "5h", fires: backup(60), quiet: backup(1200) },
  PostgresDown: values(`pg_up{${POSTGRES}}`, "10m", "0x20", "0x3 1x20"),
  PostgresConnectionsNearLimit: {
    at: "30m",
    fires: share("pg_stat_database_numbackends", "pg_settings_max_connections", POSTGRES, 95),
    quiet: share("pg_stat_database_numbackends", "pg_settings_max_connections", POSTGRES, 60),
  },
  PostgresVolumeFilling: { at: "30m", fires: databases(900), quiet: databases(500) },
  RedisDown: values(`redis_up{${REDIS}}`, "10m", "0x20", "0x3 1x20"),
  RedisMemoryNearLimit: { at: "30m", fires: fullRedis("noeviction"), quiet: fullRedis("allkeys-lru") },
  RedisConnectionsRejected: values(`redis_rejected_connections_total{${REDIS}}`, "15m", "0x10 3x20", "3x30"),
  RedisVolumeFilling: values(
    `redis_aof_current_size_bytes{${REDIS}}`,
    "30m",
    `${950 * MEBIBYTE}x60`,
    `${500 * MEBIBYTE}x60`,
  ),
  NodeDiskFilling: {
    at: "30m",
    fires: share("node_filesystem_avail_bytes", "node_filesystem_size_bytes", `${NODE}, mountpoint="/tmp"`, 10),
    quiet: share("node_filesystem_avail_bytes", "node_filesystem_size_bytes", `${NODE}, mountpoint="/tmp"`, 20),
  },
  NodeMemoryNearLimit: {
    at: "30m",
    fires: share("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", NODE, 5),
    quiet: share("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", NODE, 15),
  },
  ReconcileFailures: values("terrarium_reconcile_failures_total", "30m", "0+1x60", "0x20 2x40"),
  PullRequestsUnread: {
    at: "3h",
    fires: { [`${POLLS}, outcome="failed"}`]: "0x100 0+1x100", [`${POLLS}, outcome="ok"}`]: "0+1x100 100x100" },
    quiet: { [`${POLLS}, outcome="failed"}`]: "0+1x200", [`${POLLS}, outcome="ok"}`]: "0x100 1x30 2x30 3x40" },
  },
};
