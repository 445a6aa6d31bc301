import type { EnvironmentSpec } from "../../spec/index.ts";

const IMAGE = "registry.example.com/shop";

/** A small environment, as previews are: a database with its migration, pages and a worker, without observability. */
export function smallEnvironment(name: string, tag = "1.0.0"): EnvironmentSpec & { services: Record<string, object> } {
  const image = `${IMAGE}:${tag}`;
  return {
    name,
    tier: "dev",
    application: "shop",
    observability: { enabled: false },
    dataStores: { postgres: { engine: "postgres" } },
    migrations: { "shop-migrate": { image, dataStore: "postgres", command: ["node", "migrate.js"] } },
    services: {
      "shop-mf": {
        image,
        ports: { http: 8080 },
        calls: ["postgres"],
        expose: { paths: ["/"] },
        secrets: { SESSION_SECRET: { generate: {} } },
      },
      "shop-worker": {
        image,
        args: ["worker"],
        ports: { http: 8080 },
        calls: ["postgres"],
        probes: { readiness: { initialDelaySeconds: 0 } },
      },
    },
  };
}
