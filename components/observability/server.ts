import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  OBSERVABILITY_PORTS,
  type OBSERVABILITY_SERVERS,
  type ResolvedEnvironment,
  type ResolvedObservability,
} from "../../spec/index.ts";
import { createClientServices } from "../client-services.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { partPolicy, createNetworkPolicy, withNodePortIngress, type ApiServerAddress } from "../network-policies.ts";
import type { ContainerArgs, Mount, PodArgs } from "../pod.ts";
import { createVolume } from "../volume.ts";
import { createWorkload } from "../workload.ts";

/** A server of the stack; also the name of its objects. */
export type ServerName = (typeof OBSERVABILITY_SERVERS)[number];

/** Arguments of the stack's servers. */
export interface ServerArgs extends ComponentArgs {
  readonly environment: ResolvedEnvironment;
  /** Where the Kubernetes API server is. @default anywhere on its usual ports */
  readonly apiServer?: readonly ApiServerAddress[];
}

/** What all servers have settings for. */
type ResolvedServer = Omit<ResolvedObservability["grafana"], "hostnames">;

/** What one server adds to what all have. */
interface ServerPod extends Pick<PodArgs, "annotations" | "volumes"> {
  /** Where the data volume appears. */
  readonly dataPath: string;
  readonly mounts: readonly Mount[];
  readonly container: Pick<ContainerArgs, "args" | "env" | "livenessProbe" | "readinessProbe" | "startupProbe">;
  readonly serviceAccountName?: string;
  readonly serviceAccountToken?: boolean;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly terminationGracePeriodSeconds: number;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Port name of every server. */
const HTTP = "http";

/**
 * What the stack's servers have in common: a StatefulSet of one pod with a data volume, its Services, a NetworkPolicy
 * from the environment's declared edges, and annotations that let Prometheus find it.
 */
export abstract class Server extends Component {
  /** Address from anywhere in the cluster, e.g. "http://loki.guestbook-dev.svc:3100". */
  readonly url: string;
  /** Name of the server's objects. */
  protected readonly server: ServerName;
  private readonly args: ServerArgs;

  protected constructor(
    kind: string,
    name: string,
    server: ServerName,
    args: ServerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(kind, name, args, opts);
    this.server = server;
    this.args = args;
    this.url = serverUrl(server, args.placement.namespace);
  }

  /** The server's settings. */
  protected get settings(): ResolvedServer {
    return this.args.environment.observability[this.server];
  }

  /** Identity of the server's objects. */
  protected get part(): { name: string; component: string; image: string } {
    return { name: this.server, component: "observability", image: this.settings.image };
  }

  /** The server's configuration files. */
  protected configMap(name: string, data: Readonly<Record<string, string>>): k8s.core.v1.ConfigMap {
    return new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: this.metadata(this.server, this.part), data: { ...data } },
      this.child(),
    );
  }

  /** Everything of the server but its configuration. */
  protected createServer(name: string, pod: ServerPod): k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet {
    const { environment, placement, apiServer } = this.args;
    const port = OBSERVABILITY_PORTS[this.server];
    const { nodePorts } = environment.observability;
    const policy = partPolicy(this.server, environment, apiServer);
    createNetworkPolicy(
      name,
      {
        metadata: this.metadata(this.server, this.part),
        policy: nodePorts ? withNodePortIngress(policy, port) : policy,
      },
      this.child(),
    );
    createClientServices(
      name,
      {
        identity: this.identity(this.part),
        metadata: this.metadataOf(this.part),
        ports: { [HTTP]: port },
        stableIdentity: true,
        nodePort: nodePorts ? (this.settings.nodePort ?? true) : undefined,
      },
      this.child(),
    );
    const data = createVolume(
      name,
      {
        metadata: this.metadataOf(this.part),
        claim: `${this.server}-data`,
        ...this.settings.storage,
      },
      this.slowChild(),
    );
    return createWorkload(
      name,
      {
        metadata: this.metadata(this.server, this.part),
        identity: this.identity(this.part),
        replicas: 1,
        asleep: placement.asleep,
        stableIdentity: true,
        pod: {
          user: this.settings.user,
          serviceAccountName: pod.serviceAccountName ?? placement.serviceAccountName,
          serviceAccountToken: pod.serviceAccountToken,
          terminationGracePeriodSeconds: pod.terminationGracePeriodSeconds,
          annotations: {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": String(port),
            "prometheus.io/path": "/metrics",
            ...pod.annotations,
          },
          volumes: [data.volume, ...(pod.volumes ?? [])],
          container: {
            name: this.server,
            image: this.settings.image,
            ports: { [HTTP]: port },
            resources: this.settings.resources,
            mounts: [{ volume: "data", path: pod.dataPath }, ...pod.mounts],
            ...pod.container,
          },
        },
      },
      this.podChild({ dependsOn: [...pod.dependsOn, data.claim] }),
    );
  }
}

/** Address of a server from anywhere in the cluster; it holds whatever the cluster's DNS domain is. */
export function serverUrl(server: ServerName, namespace: string): string {
  return `http://${server}.${namespace}.svc:${OBSERVABILITY_PORTS[server]}`;
}
