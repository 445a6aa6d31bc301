/** One part of the configuration reference: which keys it lists, and how it is introduced. */
export interface ReferenceSection {
  readonly title: string;
  /** Anchor in the document. */
  readonly anchor: string;
  /** Path of the section in the configuration, with placeholders for names. */
  readonly path: string;
  /** Name of the definition in the JSON Schema that the keys come from. */
  readonly schema: string;
  /** Keys that lead from the definition to the section. */
  readonly within: readonly string[];
  /** Where the section stands in a resolved environment, to read the defaults from. */
  readonly specimen: readonly string[];
  /** Markdown before the table. */
  readonly intro: string;
  /** YAML that is valid as it stands, below `config:` without the project's prefix. */
  readonly example: string;
}

/** The sections of the reference, in order. */
export const REFERENCE_SECTIONS: readonly ReferenceSection[] = [
  {
    title: "Service",
    anchor: "service",
    path: "services.<name>",
    schema: "Service",
    within: [],
    specimen: ["services", "service"],
    intro:
      "One service becomes a Deployment, or a StatefulSet where `identity: stable` or `volumes` ask for it, with its Service, ConfigMap, Secret, NetworkPolicy, metrics discovery and PodDisruptionBudget.",
    example: `
services:
  shop-backend:
    image: ghcr.io/acme/shop-backend:1.4.2
    calls: [postgres]
    env: { CURRENCY: EUR }
    secrets: { SESSION_SECRET: { generate: {} } }
dataStores:
  postgres: { engine: postgres }
`,
  },
  {
    title: "Postgres",
    anchor: "postgres",
    path: "dataStores.<name>",
    schema: "Postgres",
    within: [],
    specimen: ["dataStores", "postgres"],
    intro:
      "PostgreSQL of one pod with pgvector, generated passwords and its data on a volume. Chosen by `engine: postgres`.",
    example: `
dataStores:
  postgres:
    engine: postgres
    version: "17"
    extensions: [vector, pg_trgm]
    storage: { size: 20Gi }
    backup: { schedule: "0 3 * * *", keep: 7 }
`,
  },
  {
    title: "Redis",
    anchor: "redis",
    path: "dataStores.<name>",
    schema: "Redis",
    within: [],
    specimen: ["dataStores", "redis"],
    intro: "Redis of one pod with a generated password and an append-only file on a volume. Chosen by `engine: redis`.",
    example: `
dataStores:
  cache:
    engine: redis
    evictionPolicy: allkeys-lru
`,
  },
  {
    title: "Migration",
    anchor: "migration",
    path: "migrations.<name>",
    schema: "Migration",
    within: [],
    specimen: ["migrations", "migration"],
    intro:
      "A Job that runs when its Postgres is ready and before the services that call it start. A changed image or command runs it again.",
    example: `
migrations:
  shop-migrate:
    dataStore: postgres
    image: ghcr.io/acme/shop-backend:1.4.2
    command: [node, main.js, migrate]
dataStores:
  postgres: { engine: postgres }
`,
  },
  {
    title: "Network",
    anchor: "network",
    path: "network",
    schema: "Network",
    within: [],
    specimen: ["network"],
    intro: "Everything is closed in both directions but what `calls`, `expose`, `internet` and these keys open.",
    example: `
network:
  ingressNamespace: gateway
  gateway: { name: public, namespace: gateway }
`,
  },
  {
    title: "Observability",
    anchor: "observability",
    path: "observability",
    schema: "Observability",
    within: [],
    specimen: ["observability"],
    intro: "Prometheus, Loki, a log collector and Grafana in the environment itself.",
    example: `
observability:
  prometheus: { retentionDays: 14, storage: { size: 20Gi } }
  loki: { enabled: false }
  collector: { enabled: false }
`,
  },
  {
    title: "Quota",
    anchor: "quota",
    path: "quota",
    schema: "Environment",
    within: ["quota"],
    specimen: ["quota"],
    intro:
      "Caps on what the whole environment may use: a ResourceQuota, and a LimitRange that lets pods without limits live under it.",
    example: `
quota: { cpu: "8", memory: 16Gi, storage: 100Gi, pods: 40 }
`,
  },
];
