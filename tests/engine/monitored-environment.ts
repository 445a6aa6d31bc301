import { resolveEnvironment, type ResolvedEnvironment } from "../../spec/index.ts";

/** An environment in which everything that makes rules is on: one service, and the whole of observability. */
export function monitoredEnvironment(): ResolvedEnvironment {
  const image = "registry.example.com/web:1.2.3";
  return resolveEnvironment({
    name: "shop",
    tier: "dev",
    application: "shop",
    services: { web: { image, resources: { limits: { cpu: "500m", memory: "256Mi" } } } },
    observability: { alertmanager: { enabled: true }, previews: true },
  });
}
