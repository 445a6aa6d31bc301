import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  needsStableIdentity,
  toEnvironmentVariableStem,
  workloadLabels,
  type ResolvedNetwork,
  type ResolvedService,
} from "../spec/index.ts";
import { configChecksum, secretChecksum } from "./checksum.ts";
import { createClientServices } from "./client-services.ts";
import { Component, type ComponentArgs, type Part } from "./component.ts";
import type { Connection } from "./data-stores/connection.ts";
import { createNetworkPolicy, type PolicySpec } from "./network-policies.ts";
import { createPassword } from "./password.ts";
import { httpProbe, type PodArgs, type Volume } from "./pod.ts";
import { createRoute } from "./route.ts";
import { builtFromSource, cacheClaim } from "./source.ts";
import { createVolume } from "./volume.ts";
import { createWorkload } from "./workload.ts";

/** Arguments of {@link Service}. */
export interface ServiceArgs extends ComponentArgs {
  readonly service: ResolvedService;
  readonly policy: PolicySpec;
  /** The http port of each service that this one calls, by name. @default {} */
  readonly peers?: Readonly<Record<string, number>>;
  /** Data stores that this service calls, by name. @default {} */
  readonly connections?: Readonly<Record<string, Connection>>;
  /** Name of the connection that DATABASE_URL means. @default none */
  readonly database?: string;
  /** Values that `secrets: { X: { config: key } }` names, by key. @default {} */
  readonly secretValues?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Key of the checksums that roll pods when a secret changes. */
  readonly checksumKey: pulumi.Input<string>;
  /** What the pods wait for: services that start before this one. @default [] */
  readonly startAfter?: readonly pulumi.Resource[];
  /** Whether a ServiceMonitor is created. @default false */
  readonly serviceMonitor?: boolean;
  /** What pods read from ConfigMaps and Secrets as files. @default nothing */
  readonly mounts?: readonly { readonly path: string; readonly volume: Volume & { readonly name: string } }[];
  /** More annotations of the pods, which are rolled when one changes. @default none */
  readonly podAnnotations?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Gateway that an exposed service gets a route of. @default none, and no route */
  readonly gateway?: ResolvedNetwork["gateway"];
  /** Where it sends traces to, by OTLP over HTTP. @default it is told of none */
  readonly tracesUrl?: string;
}

/**
 * One service: workload, Service, ConfigMap, Secret, NetworkPolicy, metrics discovery and PodDisruptionBudget, plus
 * autoscaler and route where asked for. A StatefulSet where its pods need identity or volumes, else a Deployment.
 */
export class Service extends Component {
  /** Address inside the environment, e.g. "http://guestbook-backend:8080". */
  readonly url: string;
  /** The workload, to wait for. */
  readonly ready: pulumi.Resource;
  /** What the workload's pods are given: configuration, secrets, service account. */
  readonly prerequisites: readonly pulumi.Resource[];
  /** Password of the test user that its source's migration seeds; undefined where none is seeded. */
  readonly testUserPassword: pulumi.Output<string> | undefined;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Service", name, args, opts);
    const { service } = args;
    const part = { name, component: service.component, image: service.image };
    const config = toConfig(name, service, args);
    if (service.source?.migrate && service.source.seedTestCredentials)
      this.testUserPassword = createPassword(`${name}-test-user`, 24, { parent: this });
    const secrets = this.secretValues(name, args);
    const hasSecrets = Object.keys(secrets).length > 0;

    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: this.metadata(name, part), data: config },
      this.child(),
    );
    const prerequisites: pulumi.Resource[] = [configMap];
    if (hasSecrets) {
      prerequisites.push(
        new k8s.core.v1.Secret(
          `${name}-secret`,
          { metadata: this.metadata(name, part), stringData: secrets },
          this.child(),
        ),
      );
    }
    createNetworkPolicy(name, { metadata: this.metadata(name, part), policy: args.policy }, this.child());
    createClientServices(
      name,
      {
        identity: this.identity(part),
        metadata: this.metadataOf(part),
        ports: httpFirst(service.ports),
        stableIdentity: needsStableIdentity(service),
        nodePort: service.nodePort,
      },
      this.child(),
    );
    if (service.serviceAccountToken) prerequisites.push(this.serviceAccount(name, part));
    if (service.source?.cache) {
      const args = { metadata: this.metadataOf(part), claim: cacheClaim(name), ...service.source.cache };
      prerequisites.push(createVolume(name, args, this.slowChild()).claim);
    }
    this.prerequisites = prerequisites;
    this.disruptionBudget(name, part, service);
    if (args.serviceMonitor && service.metrics) this.serviceMonitor(name, part, service.metrics);

    const stores = Object.values(args.connections ?? {}).flatMap((connection) => connection.ready);
    const pod: Omit<PodArgs, "identity"> = {
      user: service.user,
      serviceAccountName: service.serviceAccountToken ? name : args.placement.serviceAccountName,
      serviceAccountToken: service.serviceAccountToken,
      terminationGracePeriodSeconds: service.terminationGracePeriodSeconds,
      annotations: {
        ...configChecksum(config),
        ...(hasSecrets ? secretChecksum(secrets, args.checksumKey) : {}),
        ...scrapeAnnotations(service),
        ...args.podAnnotations,
      },
      volumes: args.mounts?.map(({ volume }) => volume),
      container: {
        name,
        image: service.image,
        command: service.command,
        args: service.args,
        ports: httpFirst(service.ports),
        envFromConfigMap: name,
        envFromSecret: hasSecrets ? name : undefined,
        env: {
          // With the version that the API server would add: it compares such a reference as a whole, and who takes the object over
          // from somebody else would have a conflict.
          POD_NAME: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } },
          POD_NAMESPACE: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } },
        },
        resources: service.resources,
        mounts: [
          ...service.volumes.map((volume) => ({ volume: volume.name, path: volume.mountPath })),
          ...(args.mounts ?? []).map(({ path, volume }) => ({ volume: volume.name, path, readOnly: true })),
        ],
        livenessProbe: toProbe(service.probes.liveness),
        readinessProbe: toProbe(service.probes.readiness),
        startupProbe: service.probes.startup && toProbe(service.probes.startup),
        lifecycle: drainFirst(service.terminationGracePeriodSeconds),
      },
    };
    this.ready = createWorkload(
      name,
      {
        metadata: this.metadata(name, part),
        identity: this.identity(part),
        replicas: service.replicas,
        autoscaled: service.scaling !== undefined,
        asleep: args.placement.asleep,
        stableIdentity: needsStableIdentity(service),
        claims: service.volumes,
        maxUnavailable: service.rollout.maxUnavailable,
        maxSurge: service.rollout.maxSurge,
        pod: service.source ? builtFromSource(service.source, pod) : pod,
      },
      this.podChild({ dependsOn: [...prerequisites, ...stores, ...(args.startAfter ?? [])] }),
    );
    if (service.scaling && !args.placement.asleep) this.autoscaler(name, part, service, service.scaling);
    const exposedPort = service.expose && service.ports[service.expose.port];
    if (service.expose && exposedPort && args.gateway) {
      createRoute(
        name,
        {
          metadata: this.metadata(name, part),
          service: name,
          port: exposedPort,
          expose: service.expose,
          gateway: args.gateway,
        },
        this.child(),
      );
    }
    this.url = `http://${name}:${service.ports["http"]}`;
    this.registerOutputs({ url: this.url });
  }

  private secretValues(name: string, args: ServiceArgs): Record<string, pulumi.Input<string>> {
    const values: Record<string, pulumi.Input<string>> = {};
    for (const connection of Object.values(args.connections ?? {})) Object.assign(values, connection.secretEnv);
    const database = args.database === undefined ? undefined : args.connections?.[args.database];
    if (database && args.database !== undefined) {
      const url = database.secretEnv[`${toEnvironmentVariableStem(args.database)}_URL`];
      if (url) values["DATABASE_URL"] = url;
    }
    if (this.testUserPassword) values["TEST_USER_PASSWORD"] = this.testUserPassword;
    for (const [key, source] of Object.entries(args.service.secrets)) {
      if ("config" in source) {
        const value = args.secretValues?.[source.config];
        if (value === undefined)
          throw new pulumi.RunError(`services.${name}.secrets.${key}: secretValues has no key "${source.config}"`);
        values[key] = pulumi.secret(value);
      } else {
        const { length } = source.generate;
        // The key as it is: in lower case and with hyphens it could meet another service's.
        values[key] = createPassword(`${name}-${key}`, length, { parent: this });
      }
    }
    return values;
  }

  private serviceAccount(name: string, part: Part): pulumi.Resource {
    return new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata: this.metadata(name, part), automountServiceAccountToken: false },
      this.child(),
    );
  }

  private disruptionBudget(name: string, part: Part, service: ResolvedService): void {
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      {
        metadata: this.metadata(name, part, { "pulumi.com/skipAwait": "true" }),
        spec: {
          minAvailable: service.disruption.minAvailable,
          selector: { matchLabels: workloadLabels(this.identity(part)) },
          unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
      },
      this.child(),
    );
  }

  private autoscaler(
    name: string,
    part: Part,
    service: ResolvedService,
    scaling: NonNullable<ResolvedService["scaling"]>,
  ): void {
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      `${name}-autoscaler`,
      {
        metadata: this.metadata(name, part),
        spec: {
          scaleTargetRef: {
            apiVersion: "apps/v1",
            kind: needsStableIdentity(service) ? "StatefulSet" : "Deployment",
            name,
          },
          minReplicas: scaling.minReplicas ?? service.replicas,
          maxReplicas: scaling.maxReplicas,
          metrics: [
            {
              type: "Resource",
              resource: { name: "cpu", target: { type: "Utilization", averageUtilization: scaling.targetCpuPercent } },
            },
          ],
        },
      },
      this.child({ dependsOn: [this.ready] }),
    );
  }

  private serviceMonitor(name: string, part: Part, metrics: Exclude<ResolvedService["metrics"], false>): void {
    new k8s.apiextensions.CustomResource(
      `${name}-service-monitor`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: this.metadata(name, part),
        spec: {
          selector: { matchLabels: workloadLabels(this.identity(part)) },
          endpoints: [{ port: metrics.port, path: metrics.path }],
        },
      },
      this.child(),
    );
  }
}

function toConfig(name: string, service: ResolvedService, args: ServiceArgs): Record<string, string> {
  const config: Record<string, string> = { LOG_LEVEL: service.logLevel, PORT: String(service.ports["http"]) };
  for (const [peer, port] of Object.entries(args.peers ?? {})) {
    config[`${toEnvironmentVariableStem(peer)}_URL`] = `http://${peer}:${port}`;
  }
  for (const connection of Object.values(args.connections ?? {})) Object.assign(config, connection.env);
  if (args.tracesUrl !== undefined) Object.assign(config, tracesConfig(name, args.tracesUrl));
  return { ...config, ...service.env };
}

/** What OpenTelemetry's libraries read. @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
function tracesConfig(name: string, url: string): Record<string, string> {
  return {
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
  };
}

function httpFirst(ports: Readonly<Record<string, number>>): Record<string, number> {
  const { http, ...others } = ports;
  return http === undefined ? others : { http, ...others };
}

function scrapeAnnotations(service: ResolvedService): Record<string, string> {
  const port = service.metrics && service.ports[service.metrics.port];
  if (!service.metrics || !port) return {};
  return {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(port),
    "prometheus.io/path": service.metrics.path,
  };
}

function toProbe(probe: ResolvedService["probes"]["liveness"]): k8s.types.input.core.v1.Probe {
  const { path, port, ...timing } = probe;
  return httpProbe(path, port, timing);
}

/**
 * A pod goes on serving for a moment after it was told to end: whoever routes to it learns at the same time that it should
 * not, and acts on it later.
 */
function drainFirst(graceSeconds: number): k8s.types.input.core.v1.Lifecycle | undefined {
  const seconds = Math.min(5, Math.floor(graceSeconds / 2));
  return seconds === 0 ? undefined : { preStop: { sleep: { seconds } } };
}
