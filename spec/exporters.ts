import { z } from "zod";
import { imageReference, resources } from "./fields.ts";
import { IMAGES } from "./images.ts";
import { mergeResources } from "./service.ts";
import { EXPORTER_RESOURCES, type ResourceDefaults } from "./tiers.ts";

const exporter = z.strictObject({
  enabled: z.boolean().default(false).meta({ description: "Whether it runs." }),
  image: imageReference.optional().meta({ description: "Replaces the image that Terrarium pins." }),
  resources: resources.optional(),
});

/** Schema of the exporters: programs that tell Prometheus what others don't tell by themselves. */
export const exportersSchema = z.strictObject({
  kubeState: exporter.prefault({}).meta({
    description: "kube-state-metrics: pods and backups of the environment's namespace, as Kubernetes sees them.",
  }),
  node: exporter.prefault({}).meta({
    description: "node_exporter on every node: the node's memory, CPU, and the disks that pods and images lie on.",
  }),
  postgres: exporter.prefault({}).meta({
    description: "postgres_exporter beside each Postgres store, which it sees as a role of its own with pg_monitor.",
  }),
  redis: exporter.prefault({}).meta({
    description:
      "redis_exporter beside each Redis store, as a user of its own that may do nothing but INFO. Redis restarts once.",
  }),
});

/** What an exporter is about. */
export type ExporterKind = keyof z.output<typeof exportersSchema>;

/** An exporter with every default filled in. */
export interface ResolvedExporter {
  readonly enabled: boolean;
  readonly image: string;
  readonly user: number;
  readonly resources: ResourceDefaults;
}

/** Ports that exporters expose their metrics on. */
export const EXPORTER_PORTS: Readonly<Record<ExporterKind, number>> = {
  kubeState: 8080,
  node: 9100,
  postgres: 9187,
  redis: 9121,
};

const PINNED: Readonly<Record<ExporterKind, { readonly image: string; readonly user: number }>> = {
  kubeState: IMAGES.kubeStateMetrics,
  node: IMAGES.nodeExporter,
  postgres: IMAGES.postgresExporter,
  redis: IMAGES.redisExporter,
};

/** Fills what a parsed section leaves open. @param read whether anybody reads what exporters expose */
export function resolveExporters(
  given: z.output<typeof exportersSchema>,
  read: boolean,
): Record<ExporterKind, ResolvedExporter> {
  const resolve = (kind: ExporterKind): ResolvedExporter => ({
    enabled: read && given[kind].enabled,
    image: given[kind].image ?? PINNED[kind].image,
    user: PINNED[kind].user,
    resources: mergeResources(given[kind].resources, EXPORTER_RESOURCES),
  });
  return {
    kubeState: resolve("kubeState"),
    node: resolve("node"),
    postgres: resolve("postgres"),
    redis: resolve("redis"),
  };
}
