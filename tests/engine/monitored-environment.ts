import { resolveEnvironment, type ResolvedEnvironment } from "../../spec/index.ts";

/** An environment in which everything that makes rules is on: one service, two stores, and the whole of observability. */
export function monitoredEnvironment(): ResolvedEnvironment {
  const image = "registry.example.com/web:1.2.3";
  return resolveEnvironment({
    name: "shop",
    tier: "dev",
    application: "shop",
    services: { web: { image, resources: { limits: { cpu: "500m", memory: "256Mi" } } } },
    dataStores: { db: { engine: "postgres" }, cache: { engine: "redis" } },
    observability: {
      alertmanager: { enabled: true },
      previews: true,
      exporters: {
        kubeState: { enabled: true },
        node: { enabled: true },
        postgres: { enabled: true },
        redis: { enabled: true },
      },
    },
  });
}
