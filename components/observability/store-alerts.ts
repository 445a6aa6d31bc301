import { EXPORTED, ofStore, SERVICE_LABELS, type AlertRule } from "./rules.ts";
import { ALERT_THRESHOLDS, minutes } from "./settings.ts";

const T = ALERT_THRESHOLDS;
const STORE = "{{ $labels.namespace }}/{{ $labels.service }}";
const PERCENT = "{{ $value | humanizePercentage }}";

/** Alerts about Postgres stores, from what their exporters ask them. */
export function postgresAlerts(): AlertRule[] {
  const used = `sum by (${SERVICE_LABELS}) (pg_database_size_bytes) + on (${SERVICE_LABELS}) max by (${SERVICE_LABELS}) (pg_wal_size_bytes)`;
  return [
    storeDown("PostgresDown", "pg_up"),
    {
      alert: "PostgresConnectionsNearLimit",
      expr: ofStore(
        `sum by (${SERVICE_LABELS}) (pg_stat_database_numbackends) / on (${SERVICE_LABELS}) max by (${SERVICE_LABELS}) (pg_settings_max_connections) > ${T.saturationRatio}`,
      ),
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `${STORE} has ${PERCENT} of its connections taken`,
        description: `${STORE} has been close to maxConnections for ${T.saturationMinutes} minutes; at the limit clients are refused. Look for a service that opens more than its pool should.`,
      },
    },
    volumeFilling("PostgresVolumeFilling", used, "databases and write-ahead log"),
  ];
}

/** Alerts about Redis stores, from what their exporters ask them. */
export function redisAlerts(): AlertRule[] {
  return [
    storeDown("RedisDown", "redis_up"),
    {
      alert: "RedisMemoryNearLimit",
      expr: ofStore(
        `redis_memory_used_bytes / (redis_memory_max_bytes > 0) > ${T.saturationRatio} and on (${SERVICE_LABELS}) redis_instance_info{maxmemory_policy="noeviction"}`,
      ),
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `${STORE} uses ${PERCENT} of the memory that it may`,
        description: `${STORE} has been close to its limit of memory for ${T.saturationMinutes} minutes and evicts nothing: at the limit it refuses writes. Look for keys without an expiry, or raise the limit.`,
      },
    },
    {
      alert: "RedisConnectionsRejected",
      expr: ofStore(`increase(redis_rejected_connections_total[${T.rejectedWindow}]) > 0`),
      for: "0m",
      labels: { severity: "critical" },
      annotations: {
        summary: `${STORE} has refused connections`,
        description: `${STORE} has refused {{ $value | humanize }} connections within ${T.rejectedWindow}, because as many were open as it takes. Look for a service that opens one for each request.`,
      },
    },
    volumeFilling("RedisVolumeFilling", "redis_aof_current_size_bytes", "the append-only file"),
  ];
}

function storeDown(alert: string, up: string): AlertRule {
  return {
    alert,
    expr: ofStore(`${up} == 0`),
    for: minutes(T.storeDownMinutes),
    labels: { severity: "critical" },
    annotations: {
      summary: `${STORE} does not answer`,
      description: `${STORE} has answered no question of its exporter for ${T.storeDownMinutes} minutes. Look at its pod, and at its log for a start that does not end.`,
    },
  };
}

/** By the size that the description gives the volume: not every kind of volume keeps anybody from going beyond it. */
function volumeFilling(alert: string, used: string, what: string): AlertRule {
  return {
    alert,
    expr: ofStore(`(${used}) / on (${SERVICE_LABELS}) ${EXPORTED.volumeSize} > ${T.diskRatio}`),
    for: minutes(T.saturationMinutes),
    labels: { severity: "warning" },
    annotations: {
      summary: `The volume of ${STORE} is ${PERCENT} full`,
      description: `In ${STORE}, ${what} take ${PERCENT} of the volume's size. Full, the store stops. Raise storage.size where the volume's class can grow, or delete data.`,
    },
  };
}
