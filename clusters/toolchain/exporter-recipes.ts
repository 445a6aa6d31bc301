import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

/** Where Prometheus's own programs keep their version. */
const VERSION = "github.com/prometheus/common/version.Version";

/** Exposes the state of Kubernetes objects. */
export const kubeStateMetrics: Recipe = {
  name: "kube-state-metrics",
  title: `kube-state-metrics ${versions.kubeStateMetrics}`,
  coldSeconds: 60,
  builds: [
    {
      folder: "kube-state-metrics",
      binaries: { "kube-state-metrics": "k8s.io/kube-state-metrics/v2" },
      variables: { [VERSION]: versions.kubeStateMetrics },
    },
  ],
};

/** Exposes a machine's memory, disks and processors. */
export const nodeExporter: Recipe = {
  name: "node-exporter",
  title: `node_exporter ${versions.nodeExporter}`,
  coldSeconds: 30,
  builds: [
    {
      folder: "node-exporter",
      binaries: { node_exporter: "github.com/prometheus/node_exporter" },
      variables: { [VERSION]: versions.nodeExporter },
    },
  ],
};

/** Exposes what PostgreSQL says about itself. */
export const postgresExporter: Recipe = {
  name: "postgres-exporter",
  title: `postgres_exporter ${versions.postgresExporter}`,
  coldSeconds: 30,
  builds: [
    {
      folder: "postgres-exporter",
      binaries: { postgres_exporter: "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter" },
      variables: { [VERSION]: versions.postgresExporter },
    },
  ],
};

/** Exposes what Redis says about itself. */
export const redisExporter: Recipe = {
  name: "redis-exporter",
  title: `redis_exporter ${versions.redisExporter}`,
  coldSeconds: 20,
  builds: [
    {
      folder: "redis-exporter",
      binaries: { redis_exporter: "github.com/oliver006/redis_exporter" },
      variables: { "main.BuildVersion": `v${versions.redisExporter}` },
    },
  ],
};
