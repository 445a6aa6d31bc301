import { PATH } from "./debian-files.ts";
import type { RootRecipe } from "./recipe.ts";

/** A program that reads no file of its image and starts no other: there is nothing else in it. */
function exporter(tool: string, user: number, entrypoint: string, port: number): RootRecipe {
  return {
    copy: [{ from: { tool }, to: entrypoint }],
    folders: [{ path: "tmp", mode: 0o1777 }],
    users: user === 65534 ? {} : { exporter: { id: user, home: "/" } },
    config: { User: String(user), Entrypoint: [`/${entrypoint}`], Env: [PATH], ExposedPorts: { [`${port}/tcp`]: {} } },
  };
}

/** @see https://github.com/kubernetes/kube-state-metrics/blob/main/Dockerfile */
export const kubeStateMetrics = exporter("kube-state-metrics", 65534, "kube-state-metrics", 8080);

/** @see https://github.com/prometheus/node_exporter/blob/master/Dockerfile */
export const nodeExporter = exporter("node_exporter", 65534, "bin/node_exporter", 9100);

/** @see https://github.com/prometheus-community/postgres_exporter/blob/master/Dockerfile */
export const postgresExporter = exporter("postgres_exporter", 65534, "bin/postgres_exporter", 9187);

/** @see https://github.com/oliver006/redis_exporter/blob/master/Dockerfile */
export const redisExporter = exporter("redis_exporter", 59000, "redis_exporter", 9121);
