import { z } from "zod";
import {
  absolutePath,
  environmentVariable,
  hostname,
  imageReference,
  nodePortNumber,
  pathPrefix,
  ports,
  quantity,
  resources,
  secretSource,
  urlPath,
} from "./fields.ts";
import { dnsLabel, portName } from "./names.ts";
import { egressSchema } from "./network.ts";
import { compareQuantities, type QuantityKind } from "./quantity.ts";
import { resolveSource, SOURCE_COMMAND, SOURCE_RESOURCES, sourceSchema, type ResolvedSource } from "./source.ts";
import { LOG_LEVELS, TIER_DEFAULTS, type LogLevel, type ResourceDefaults, type Tier } from "./tiers.ts";

function probe(path: string, initialDelaySeconds: number, periodSeconds: number) {
  return z.strictObject({
    path: urlPath.default(path).meta({ description: "HTTP path that answers 200 to 399 when all is well." }),
    port: portName.default("http").meta({ description: "Name of the port that is asked." }),
    initialDelaySeconds: z
      .int()
      .min(0)
      .default(initialDelaySeconds)
      .meta({ description: "Seconds before the first try." }),
    periodSeconds: z.int().min(1).default(periodSeconds).meta({ description: "Seconds between tries." }),
    timeoutSeconds: z.int().min(1).default(3).meta({ description: "Seconds that one try may take." }),
    failureThreshold: z.int().min(1).default(3).meta({ description: "Failures in a row that count." }),
  });
}

/** Schema of one service: what a team says about it. Everything but the image has a default. */
export const serviceSchema = z
  .strictObject({
    image: imageReference.meta({ description: "Container image; pinned by tag or digest outside tier dev." }),
    source: sourceSchema.optional().meta({
      description:
        "Runs what a git repository holds, built in the pod: clone, install, migrate. The image then brings Node and npm. Tier dev only. Default: none, and the image is what runs.",
    }),
    command: z.array(z.string()).optional().meta({
      description: "Replaces the image's entry point. Default: the image's own, or [npm, run, dev] with a source.",
    }),
    args: z.array(z.string()).optional().meta({ description: "Replaces the image's arguments." }),
    component: dnsLabel().optional().meta({
      description:
        "Role within the application. Default: from the name's suffix (-backend, -mf, -worker), else service.",
    }),
    identity: z.enum(["none", "stable"]).default("none").meta({
      description: "stable: each pod keeps its name across restarts (a StatefulSet, with or without volumes).",
    }),
    replicas: z.int().min(0).max(1000).optional().meta({ description: "Number of pods. Default: by tier." }),
    scaling: z
      .strictObject({
        minReplicas: z
          .int()
          .min(1)
          .max(1000)
          .optional()
          .meta({ description: "Fewest pods. Default: the service's replicas." }),
        maxReplicas: z.int().min(1).max(1000).meta({ description: "Most pods." }),
        targetCpuPercent: z
          .int()
          .min(1)
          .max(100)
          .default(80)
          .meta({ description: "Mean CPU use, in percent of the request, that the autoscaler holds." }),
      })
      .optional()
      .meta({ description: "Horizontal autoscaling. Default: none." }),
    volumes: z
      .array(
        z.strictObject({
          name: dnsLabel().meta({ description: "Name of the volume, for its claims." }),
          mountPath: absolutePath.meta({ description: "Where the volume appears in the container." }),
          size: quantity("bytes").meta({ description: "Size of each pod's volume." }),
          storageClass: z
            .string()
            .optional()
            .meta({ description: "StorageClass. Default: the cluster's default class." }),
        }),
      )
      .default([])
      .meta({ description: "Persistent volumes, one of each for every pod; they make the service a StatefulSet." }),
    ports: ports
      .default({ http: 8080 })
      .meta({ description: "Container ports by name; `http` is probed and routed to." }),
    calls: z.array(z.string()).default([]).meta({
      description:
        "Services and data stores this service talks to. It gets their address, credentials and network access; all else is closed.",
    }),
    startAfter: z.array(z.string()).default([]).meta({
      description:
        "Services that must be ready before this one starts. Called data stores and their migrations always are.",
    }),
    internet: z
      .boolean()
      .default(false)
      .meta({ description: "Whether pods may open HTTPS connections (443) to public addresses." }),
    egress: z
      .array(egressSchema)
      .default([])
      .meta({ description: "Other addresses that pods may connect to, such as a git server in a private network." }),
    expose: z
      .strictObject({
        hostnames: z
          .array(hostname)
          .max(16)
          .default([])
          .meta({ description: "Host names of the route; empty: all that the gateway has." }),
        paths: z.array(pathPrefix).min(1).max(64).default(["/"]).meta({ description: "Path prefixes." }),
        port: portName.default("http").meta({ description: "Name of the port." }),
      })
      .optional()
      .meta({ description: "Reachable through the ingress controller; an HTTPRoute where network.gateway is set." }),
    env: z
      .record(environmentVariable, z.string())
      .default({})
      .meta({ description: "Non-secret environment variables (a ConfigMap)." }),
    secrets: z.record(environmentVariable, secretSource).default({}).meta({
      description: "Secret environment variables (a Secret): generated, or taken from stack config secretValues.",
    }),
    probes: z
      .strictObject({
        liveness: probe("/health", 30, 10).prefault({}).meta({ description: "Restarts the container when it fails." }),
        readiness: probe("/ready", 5, 5)
          .prefault({})
          .meta({ description: "Takes the pod out of traffic while it fails." }),
        startup: probe("/health", 0, 5).optional().meta({
          description: "Holds the other two back until it succeeds, for services that start slowly. Default: none.",
        }),
      })
      .prefault({})
      .meta({
        description:
          "HTTP probes. A failing liveness probe restarts the container; a failing readiness probe takes it out of traffic.",
      }),
    resources: resources.optional().meta({
      description:
        "Requests and limits of the container. Parts left out come from the tier; with a source they are 100m to 1 cpu and 512Mi to 2Gi memory.",
    }),
    logLevel: z.enum(LOG_LEVELS).optional().meta({ description: "Value of LOG_LEVEL. Default: by tier." }),
    metrics: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            port: portName.default("http").meta({ description: "Name of the port." }),
            path: urlPath.default("/metrics").meta({ description: "HTTP path." }),
          }),
        ],
        {
          error: "false, or a map with the keys port and path",
        },
      )
      .prefault({})
      .meta({ description: "Where Prometheus reads metrics; false: nowhere." }),
    user: z
      .int()
      .min(1, { error: "a numeric user id from 1 (root is not allowed)" })
      .max(2 ** 31 - 1, { error: "a numeric user id of at most 2147483647" })
      .default(65532)
      .meta({ description: "User and group id of the processes (65532: distroless nonroot)." }),
    serviceAccountToken: z
      .boolean()
      .default(false)
      .meta({ description: "Whether pods get a token for the Kubernetes API." }),
    terminationGracePeriodSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(30)
      .meta({ description: "Seconds between SIGTERM and SIGKILL." }),
    rollout: z
      .strictObject({
        maxUnavailable: z.int().min(0).default(0).meta({ description: "Pods that may be missing during a rollout." }),
        maxSurge: z
          .int()
          .min(0)
          .default(1)
          .meta({ description: "Pods above the wanted number during a rollout (Deployments)." }),
      })
      .prefault({})
      .meta({ description: "How an update replaces pods." }),
    disruption: z
      .strictObject({
        minAvailable: z.int().min(0).default(1).meta({ description: "Pods that a node drain must leave running." }),
      })
      .prefault({})
      .meta({
        description: "The PodDisruptionBudget. With minAvailable 1, a drain waits on a service of one replica.",
      }),
    nodePort: nodePortNumber
      .optional()
      .meta({ description: "Opens the http port on every node: local clusters only." }),
  })
  .meta({
    id: "Service",
    description:
      "One service: a workload with its Service, configuration, credentials, network policy, metrics and disruption budget.",
  });

/** What a team says about one service. */
export type ServiceSpec = z.input<typeof serviceSchema>;

/** A service with every default filled in; itself a valid {@link ServiceSpec}. */
export type ResolvedService = Omit<z.output<typeof serviceSchema>, "source"> & {
  readonly source?: ResolvedSource;
  readonly component: string;
  readonly replicas: number;
  readonly resources: ResourceDefaults;
  readonly logLevel: LogLevel;
};

/** Fills what a parsed service leaves to its environment. Pure; applying it twice changes nothing. */
export function resolveService(
  name: string,
  service: z.output<typeof serviceSchema>,
  { tier, dataStores }: { readonly tier: Tier; readonly dataStores: Readonly<Record<string, { engine: string }>> },
): ResolvedService {
  const defaults = TIER_DEFAULTS[tier];
  const { source, ...rest } = service;
  const callsPostgres = service.calls.some((call) => dataStores[call]?.engine === "postgres");
  return {
    ...rest,
    ...(source
      ? { source: resolveSource(source, callsPostgres), command: service.command ?? [...SOURCE_COMMAND] }
      : {}),
    // The volume of a cache is at one node at a time.
    ...(source?.cache ? { rollout: { maxUnavailable: 1, maxSurge: 0 } } : {}),
    component: service.component ?? toComponent(name),
    replicas: service.replicas ?? service.scaling?.minReplicas ?? defaults.replicas,
    resources: mergeResources(service.resources, source ? SOURCE_RESOURCES : defaults.resources),
    logLevel: service.logLevel ?? defaults.logLevel,
  };
}

/**
 * Fills requests and limits. A request that was given raises a defaulted limit below it to the same value, and a limit
 * that was given lowers a defaulted request above it: only what a team wrote itself can contradict.
 */
export function mergeResources(
  given: z.output<typeof resources> | undefined,
  defaults: ResourceDefaults,
): ResourceDefaults {
  return {
    requests: {
      cpu: given?.requests?.cpu ?? smaller(defaults.requests.cpu, given?.limits?.cpu, "cpu"),
      memory: given?.requests?.memory ?? smaller(defaults.requests.memory, given?.limits?.memory, "bytes"),
    },
    limits: {
      cpu: given?.limits?.cpu ?? larger(defaults.limits.cpu, given?.requests?.cpu, "cpu"),
      memory: given?.limits?.memory ?? larger(defaults.limits.memory, given?.requests?.memory, "bytes"),
    },
  };
}

/** Whether the service's pods must keep their identity, which makes it a StatefulSet. */
export function needsStableIdentity(service: Pick<ResolvedService, "identity" | "volumes">): boolean {
  return service.identity === "stable" || service.volumes.length > 0;
}

function toComponent(name: string): string {
  if (name.endsWith("-backend")) return "backend";
  if (name.endsWith("-mf")) return "microfrontend";
  if (name.endsWith("-worker")) return "worker";
  return "service";
}

function smaller(fallback: string, given: string | undefined, kind: QuantityKind): string {
  return given !== undefined && compareQuantities(given, fallback, kind) < 0 ? given : fallback;
}

function larger(fallback: string, given: string | undefined, kind: QuantityKind): string {
  return given !== undefined && compareQuantities(given, fallback, kind) > 0 ? given : fallback;
}
