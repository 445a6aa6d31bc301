import { environment, withService, withStore, type Refusal } from "../environments.ts";
import { SERVICE_KEYS, REDIS_KEYS, MIGRATION, VOLUME } from "./wording.ts";

const POSTGRES_KEYS =
  "engine, version, database, username, extensions, passwordRotation, maxConnections, backup, seed, snapshot, image, storage, resources, deletion";

/** Keys that are none, at every level. */
export const unknownKeys: readonly Refusal[] = [
  {
    what: "an unknown key at the top",
    input: environment({ service: {} }),
    error: [
      "service: no such key; allowed here: name, tier, application, services, dataStores, migrations, network, observability, quota, asleep",
    ],
  },
  {
    what: "an unknown key of a service",
    input: withService({ imgae: "x" }),
    error: [`services.api.imgae: no such key; allowed here: ${SERVICE_KEYS}`],
  },
  {
    what: "two unknown keys of a probe",
    input: withService({ probes: { liveness: { delay: 5, period: 5 } } }),
    error: ["delay", "period"].map(
      (key) =>
        `services.api.probes.liveness.${key}: no such key; allowed here: path, port, initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold`,
    ),
  },
  {
    what: "an unknown key of resources",
    input: withService({ resources: { limits: { gpu: 1 } } }),
    error: ["services.api.resources.limits.gpu: no such key; allowed here: cpu, memory"],
  },
  {
    what: "an unknown key of a volume",
    input: withService({ volumes: [{ ...VOLUME, path: "/data" }] }),
    error: ["services.api.volumes[0].path: no such key; allowed here: name, mountPath, size, storageClass"],
  },
  {
    what: "an unknown key of metrics",
    input: withService({ metrics: { prt: "http" } }),
    error: ["services.api.metrics.prt: no such key; allowed here: port, path"],
  },
  {
    what: "a key of Redis on Postgres",
    input: withStore({ engine: "postgres", evictionPolicy: "noeviction" }),
    error: [`dataStores.db.evictionPolicy: no such key; allowed here: ${POSTGRES_KEYS}`],
  },
  {
    what: "a key of Postgres on Redis",
    input: withStore({ engine: "redis", backup: {} }),
    error: [`dataStores.db.backup: no such key; allowed here: ${REDIS_KEYS}`],
  },
  {
    what: "an unknown key of a backup",
    input: withStore({ engine: "postgres", backup: { every: "day" } }),
    error: ["dataStores.db.backup.every: no such key; allowed here: schedule, keep, storage"],
  },
  {
    what: "an unknown key of a migration",
    input: withStore({ engine: "postgres" }, { migrations: { migrate: { ...MIGRATION, seed: true } } }),
    error: [
      "migrations.migrate.seed: no such key; allowed here: dataStore, image, command, env, seedTestCredentials, resources, user, timeoutSeconds, retries",
    ],
  },
  {
    what: "an unknown key of the network",
    input: environment({ network: { egress: "all" } }),
    error: [
      "network.egress: no such key; allowed here: ingressNamespace, ingressPods, dnsNamespace, allowWithinNamespace, httpsEgress, gateway",
    ],
  },
  {
    what: "an unknown key of observability",
    input: environment({ observability: { tempo: {} } }),
    error: [
      "observability.tempo: no such key; allowed here: enabled, serviceMonitors, monitoringNamespace, nodePorts, prometheus, alertmanager, previews, felix, sharedStack, loki, grafana, collector, exporters",
    ],
  },
  {
    what: "an unknown key of Grafana",
    input: environment({ observability: { grafana: { retentionDays: 3 } } }),
    error: [
      "observability.grafana.retentionDays: no such key; allowed here: enabled, image, storage, resources, nodePort, hostnames",
    ],
  },
  {
    what: "an unknown key of the quota",
    input: environment({ quota: { gpu: 1 } }),
    error: ["quota.gpu: no such key; allowed here: cpu, memory, storage, pods"],
  },
];
