import { z } from "zod";
import { alertmanagerFields } from "./alertmanager.ts";
import { exportersSchema, resolveExporters, type ExporterKind, type ResolvedExporter } from "./exporters.ts";
import { hostname, imageReference, nodePortNumber, portNumber, resources, storage } from "./fields.ts";
import { IMAGES } from "./images.ts";
import { dnsLabel, MAX_NAME_LENGTH } from "./names.ts";
import { egressSchema } from "./network.ts";
import { mergeResources } from "./service.ts";
import { TIER_DEFAULTS, type ResourceDefaults, type Tier } from "./tiers.ts";

const nodePort = nodePortNumber
  .optional()
  .meta({ description: "NodePort number. Default: the cluster picks one where the tier has NodePorts." });

const server = {
  enabled: z.boolean().default(true).meta({ description: "Whether it runs." }),
  image: imageReference.optional().meta({ description: "Replaces the image that Terrarium pins." }),
  storage: storage.prefault({}).meta({ description: "The data volume." }),
  resources: resources.optional(),
  nodePort,
};
const retentionDays = z
  .int()
  .min(1)
  .max(3650)
  .optional()
  .meta({ description: "Days until data is deleted. Default: by tier." });

const traces = z.strictObject({
  endpoint: z
    .string()
    .regex(/^https?:\/\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[^\s?#@]*)?$/, {
      error: 'an address such as "http://tempo.tracing.svc:4318", without user, query or "/v1/traces"',
    })
    .refine((url) => !url.endsWith("/v1/traces"), { error: 'an address without "/v1/traces", which is added to it' })
    .meta({ description: "Where traces are sent on to by OTLP over HTTP, such as Tempo." }),
  egress: z.array(egressSchema).default([]).meta({
    description: "Addresses and ports of the endpoint inside private networks. Default: public ones, at port 443.",
  }),
});

const felix = z.strictObject({
  nodes: egressSchema.shape.cidr.meta({
    description: "Network of the nodes' addresses, which Prometheus may then reach.",
  }),
  port: portNumber.default(9091).meta({ description: "Port of Felix's metrics on each node." }),
});

/** Schema of the observability stack. */
export const observabilitySchema = z
  .strictObject({
    enabled: z.boolean().default(true).meta({ description: "Whether the environment has a stack of its own." }),
    serviceMonitors: z.enum(["auto", "always", "never"]).default("auto").meta({
      description:
        "Whether services get a ServiceMonitor; auto: where the cluster has that resource. Scrape annotations are always there.",
    }),
    monitoringNamespace: dnsLabel(MAX_NAME_LENGTH)
      .default("monitoring")
      .meta({ description: "Namespace of the operator's Prometheus, which may scrape when serviceMonitors is on." }),
    nodePorts: z
      .boolean()
      .optional()
      .meta({ description: "Whether the user interfaces get NodePorts. Default: by tier." }),
    prometheus: z
      .strictObject({ ...server, retentionDays })
      .prefault({})
      .meta({ description: "Prometheus: metrics, recording rules, alert rules." }),
    alertmanager: z
      .strictObject({ ...server, ...alertmanagerFields })
      .prefault({})
      .meta({ description: "Alertmanager: tells people about alerts." }),
    previews: z.boolean().default(false).meta({
      description:
        "Whether Prometheus also reads preview environments and the platform service, in whatever namespace they are, and the collector the logs of previews. Prometheus may then list all pods of the cluster.",
    }),
    felix: felix.optional().meta({
      description:
        "Whether Prometheus also reads, on each node, the metrics of Felix, the part of Calico that enforces network policies. It may then list the cluster's nodes. Default: it does not.",
    }),
    sharedStack: dnsLabel(MAX_NAME_LENGTH).optional().meta({
      description:
        "Environment whose Prometheus reads this one too, because it has `previews: true`. Default: none, and nothing is opened to it.",
    }),
    loki: z
      .strictObject({ ...server, retentionDays })
      .prefault({})
      .meta({ description: "Loki: logs." }),
    grafana: z
      .strictObject({
        ...server,
        hostnames: z.array(hostname).max(16).default([]).meta({
          description:
            "Host names under which `network.gateway` leads to Grafana, which then admits the ingress controller. Default: none.",
        }),
      })
      .prefault({})
      .meta({ description: "Grafana: dashboards." }),
    collector: z
      .strictObject({
        enabled: z.boolean().default(true).meta({ description: "Whether it runs." }),
        image: server.image,
        resources: resources.optional(),
        traces: traces.optional().meta({
          description:
            "Takes the traces of the environment's services, which find the collector in OTEL_EXPORTER_OTLP_ENDPOINT. Default: none are taken.",
        }),
      })
      .prefault({})
      .meta({
        description: "OpenTelemetry Collector on every node: reads the environment's container logs into Loki.",
      }),
    exporters: exportersSchema.prefault({}).meta({
      description: "Programs that tell Prometheus about pods, nodes and data stores what these don't tell themselves.",
    }),
  })
  .meta({ id: "Observability", description: "Prometheus, Loki, log collector and Grafana for this environment." });

/** What a team says about observability. */
export type ObservabilitySpec = z.input<typeof observabilitySchema>;

interface ResolvedServer {
  readonly enabled: boolean;
  readonly image: string;
  readonly user: number;
  readonly storage: { readonly size: string; readonly storageClass?: string };
  readonly resources: ResourceDefaults;
  readonly nodePort?: number;
}

/** The observability stack with every default filled in. */
export interface ResolvedObservability {
  readonly enabled: boolean;
  readonly serviceMonitors: "auto" | "always" | "never";
  readonly monitoringNamespace: string;
  readonly nodePorts: boolean;
  readonly prometheus: ResolvedServer & { readonly retentionDays: number };
  readonly alertmanager: ResolvedServer &
    Pick<z.output<typeof observabilitySchema>["alertmanager"], "receivers" | "egress">;
  readonly previews: boolean;
  readonly felix?: z.output<typeof felix>;
  readonly sharedStack?: string;
  readonly loki: ResolvedServer & { readonly retentionDays: number };
  readonly grafana: ResolvedServer & { readonly hostnames: readonly string[] };
  readonly collector: Omit<ResolvedServer, "storage" | "nodePort"> & { readonly traces?: z.output<typeof traces> };
  readonly exporters: Readonly<Record<ExporterKind, ResolvedExporter>>;
}

/** The stack's servers. */
export const OBSERVABILITY_SERVERS = ["prometheus", "alertmanager", "loki", "grafana"] as const;

/** Name of the log collector's objects. */
export const LOG_COLLECTOR = "log-collector";

/** Ports of the stack's servers. */
export const OBSERVABILITY_PORTS = {
  prometheus: 9090,
  alertmanager: 9093,
  loki: 3100,
  grafana: 3000,
  collectorMetrics: 8888,
  /** The collector's, for OTLP over HTTP. */
  traces: 4318,
} as const;

/** Fills what a parsed observability section leaves to its tier. */
export function resolveObservability(given: z.output<typeof observabilitySchema>, tier: Tier): ResolvedObservability {
  const defaults = TIER_DEFAULTS[tier].observability;
  const part = <T extends { enabled: boolean; image?: string; resources?: z.output<typeof resources> }>(
    spec: T,
    pinned: { image: string; user: number },
  ) => ({
    ...spec,
    enabled: spec.enabled && given.enabled,
    image: spec.image ?? pinned.image,
    user: pinned.user,
    resources: mergeResources(spec.resources, defaults.resources),
  });
  const sized = (spec: z.output<typeof storage>, size: string) => ({ ...spec, size: spec.size ?? size });
  return {
    enabled: given.enabled,
    serviceMonitors: given.serviceMonitors,
    monitoringNamespace: given.monitoringNamespace,
    nodePorts: given.nodePorts ?? defaults.nodePorts,
    prometheus: {
      ...part(given.prometheus, IMAGES.prometheus),
      storage: sized(given.prometheus.storage, defaults.prometheusStorage),
      retentionDays: given.prometheus.retentionDays ?? defaults.metricsRetentionDays,
    },
    alertmanager: {
      ...part(given.alertmanager, IMAGES.alertmanager),
      // Without Prometheus nobody has alerts to send.
      enabled: given.enabled && given.prometheus.enabled && given.alertmanager.enabled,
      storage: sized(given.alertmanager.storage, defaults.alertmanagerStorage),
    },
    sharedStack: given.sharedStack,
    previews: given.previews && given.prometheus.enabled,
    felix: given.enabled && given.prometheus.enabled ? given.felix : undefined,
    loki: {
      ...part(given.loki, IMAGES.loki),
      storage: sized(given.loki.storage, defaults.lokiStorage),
      retentionDays: given.loki.retentionDays ?? defaults.logRetentionDays,
    },
    grafana: { ...part(given.grafana, IMAGES.grafana), storage: sized(given.grafana.storage, defaults.grafanaStorage) },
    collector: part(given.collector, IMAGES.collector),
    exporters: resolveExporters(given.exporters, given.enabled && given.prometheus.enabled),
  };
}
