/**
 * Every third-party image that Terrarium runs, pinned, with the numeric user its files belong to.
 * The one place to raise a version.
 */
export const IMAGES = {
  postgres17: { image: "pgvector/pgvector:0.8.6-pg17", user: 999 },
  postgres16: { image: "pgvector/pgvector:0.8.6-pg16", user: 999 },
  redis7: { image: "redis:7.4.9-bookworm", user: 999 },
  prometheus: { image: "prom/prometheus:v3.14.0", user: 65534 },
  alertmanager: { image: "prom/alertmanager:v0.34.0", user: 65534 },
  loki: { image: "grafana/loki:3.7.6", user: 10001 },
  grafana: { image: "grafana/grafana:13.2.0", user: 472 },
  node: { image: "node:24.21.0-trixie-slim", user: 1000 },
  git: { image: "alpine/git:v2.52.0", user: 65532 },
  kubeStateMetrics: { image: "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0", user: 65534 },
  nodeExporter: { image: "prom/node-exporter:v1.12.1", user: 65534 },
  postgresExporter: { image: "prometheuscommunity/postgres-exporter:v0.20.1", user: 65534 },
  redisExporter: { image: "oliver006/redis_exporter:v1.88.0", user: 59000 },
  collector: { image: "otel/opentelemetry-collector-contrib:0.149.0", user: 0 },
} as const satisfies Record<string, { image: string; user: number }>;
