import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  declaredEdges,
  DNS_PORT,
  LOG_COLLECTOR,
  OBSERVABILITY_PORTS,
  PREVIEW_ENVIRONMENT,
  selectorLabels,
  waiverAnnotations,
  workloadLabels,
  type ResolvedEnvironment,
  type Waiver,
} from "../../spec/index.ts";
import { configChecksum } from "../checksum.ts";
import { Component, SKIP_AWAIT, type ComponentArgs } from "../component.ts";
import { httpsEgress, inNamespace, toNetworkPolicySpec, type PolicySpec } from "../network-policies.ts";
import { createPodTemplate, httpProbe } from "../pod.ts";
import { collectorConfig, POD_LOGS } from "./collector-config.ts";
import { serverUrl } from "./server.ts";
import { COLLECTOR_HEALTH_PORT, goMemoryLimit } from "./settings.ts";

/** Arguments of {@link LogCollector}. */
export interface LogCollectorArgs extends ComponentArgs {
  /** The environment whose logs are read; `placement` is the collector's own namespace. */
  readonly environment: ResolvedEnvironment;
  /** Namespace of the environment's pods and of Loki. */
  readonly logsOf: string;
}

/** Last day on which the collector's exceptions hold without having been looked at again. */
const REVIEWED_UNTIL = "2028-12-31";

function waiver(reason: string): Waiver {
  return { until: REVIEWED_UNTIL, reason };
}

/** Policies that the collector's pods can't fulfil. */
const COLLECTOR_WAIVERS = {
  "pod-security-capabilities": waiver("reads log files that belong to other users"),
  "pod-security-non-root": waiver("log files on a node are readable for root only"),
  "pod-security-user": waiver("log files on a node are readable for root only"),
  "pod-security-volumes": waiver("logs, and how far they have been read, lie in folders of the node"),
};

/** Policies that the collector's namespace can't fulfil. */
export const LOG_NAMESPACE_WAIVERS = {
  "namespace-pod-security": waiver("admits the log collector, which is alone in here"),
};

const CONFIG = "/etc/otelcol";
const STATE = "/var/lib/otelcol";

/**
 * A pod on every node that sends the container logs of one environment to its Loki, and those of preview environments where the
 * environment reads them; and its services' traces to where they are to go.
 *
 * It reads the node's log files, which takes root's file access: so it lives in a namespace of its own that admits
 * privileged pods, and has nothing else: no other capability, a read-only view of the logs, no Kubernetes API, and no
 * network but DNS, Loki and what has to do with traces.
 *
 * How far it has read stands in a folder of the node, not in the pod: an emptyDir would go with the pod, and each
 * rollout would send every line again or skip what was written meanwhile. A destroyed environment leaves that folder
 * (kilobytes) on its nodes; one of the same name that comes later reads other files.
 */
export class LogCollector extends Component {
  constructor(name: string, args: LogCollectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("LogCollector", name, args, opts);
    const { environment, logsOf } = args;
    const { collector, previews } = environment.observability;
    const part = { name: LOG_COLLECTOR, component: "observability", image: collector.image };
    const metadata = this.metadata(LOG_COLLECTOR, part);
    const files = {
      "config.yaml": collectorConfig({
        namespaces: [logsOf, ...(previews ? [`${PREVIEW_ENVIRONMENT.namespacePrefix}*`] : [])],
        lokiUrl: serverUrl("loki", logsOf),
        stateFolder: STATE,
        tracesUrl: collector.traces?.endpoint,
      }),
    };
    const config = new k8s.core.v1.ConfigMap(`${name}-config`, { metadata, data: files }, this.child());
    const policies = Object.entries(collectorPolicies(environment, logsOf)).map(
      ([policy, spec]) =>
        new k8s.networking.v1.NetworkPolicy(
          `${name}-${policy}-policy`,
          { metadata: this.metadata(policy, part), spec: toNetworkPolicySpec(spec) },
          this.child(),
        ),
    );
    if (collector.traces) {
      new k8s.core.v1.Service(
        `${name}-service`,
        {
          metadata: this.metadata(LOG_COLLECTOR, part, SKIP_AWAIT),
          spec: {
            selector: workloadLabels(this.identity(part)),
            // Each node has a collector: traces of its pods stay on it until they leave.
            internalTrafficPolicy: "Local",
            ports: [{ name: "traces", port: OBSERVABILITY_PORTS.traces, targetPort: "traces", protocol: "TCP" }],
          },
        },
        this.child(),
      );
    }
    const timing = { periodSeconds: 10, timeoutSeconds: 5 };
    new k8s.apps.v1.DaemonSet(
      `${name}-daemonset`,
      {
        metadata: this.metadata(LOG_COLLECTOR, part, waiverAnnotations(COLLECTOR_WAIVERS)),
        spec: {
          selector: { matchLabels: workloadLabels(this.identity(part)) },
          // No pod stands in for another, so there is nothing to gain from going one by one.
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
          template: createPodTemplate({
            identity: this.identity(part),
            user: collector.user,
            everyNode: true,
            serviceAccountName: args.placement.serviceAccountName,
            annotations: configChecksum(files),
            volumes: [
              { name: "config", configMap: { name: LOG_COLLECTOR } },
              { name: "logs", hostPath: { path: POD_LOGS, type: "Directory" } },
              {
                name: "state",
                hostPath: { path: `/var/lib/terrarium-log-collector/${environment.name}`, type: "DirectoryOrCreate" },
              },
            ],
            container: {
              name: LOG_COLLECTOR,
              image: collector.image,
              args: [`--config=${CONFIG}/config.yaml`],
              ports: {
                health: COLLECTOR_HEALTH_PORT,
                metrics: OBSERVABILITY_PORTS.collectorMetrics,
                ...(collector.traces ? { traces: OBSERVABILITY_PORTS.traces } : {}),
              },
              env: goMemoryLimit(collector.resources),
              resources: collector.resources,
              // Reads files that belong to other users; nothing else of root's powers.
              capabilities: ["DAC_READ_SEARCH"],
              mounts: [
                { volume: "config", path: CONFIG, readOnly: true },
                { volume: "logs", path: POD_LOGS, readOnly: true },
                { volume: "state", path: STATE },
              ],
              livenessProbe: httpProbe("/", "health", { ...timing, initialDelaySeconds: 10, failureThreshold: 6 }),
              readinessProbe: httpProbe("/", "health", { ...timing, periodSeconds: 5, failureThreshold: 3 }),
            },
          }),
        },
      },
      this.podChild({ dependsOn: [config, ...policies] }),
    );
    this.registerOutputs({});
  }
}

/** Address at which services find the collector for their traces; it holds whatever the cluster's DNS domain is. */
export function tracesUrl(logs: string): string {
  return `http://${LOG_COLLECTOR}.${logs}.svc:${OBSERVABILITY_PORTS.traces}`;
}

/**
 * Policies of the collector's namespace by object name: out only DNS, Loki and where traces go; in only the traces of the
 * environment's services.
 */
export function collectorPolicies(environment: ResolvedEnvironment, logsOf: string): Record<string, PolicySpec> {
  const { name: instance, network, observability } = environment;
  const pod = (name: string) => ({
    ...inNamespace(logsOf),
    podSelector: { matchLabels: selectorLabels({ name, instance }) },
  });
  const tcp = (port: number) => ({ protocol: "TCP" as const, port });
  const { traces } = observability.collector;
  return {
    "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    [LOG_COLLECTOR]: {
      podSelector: { matchLabels: selectorLabels({ name: LOG_COLLECTOR, instance }) },
      policyTypes: ["Ingress", "Egress"],
      ingress: declaredEdges(environment)
        .filter(({ to }) => to === LOG_COLLECTOR)
        .map(({ from, ports }) => ({ from: [pod(from)], ports: ports.map(tcp) })),
      egress: [
        { to: [inNamespace(network.dnsNamespace)], ports: [{ protocol: "UDP", port: DNS_PORT }, tcp(DNS_PORT)] },
        { to: [pod("loki")], ports: [tcp(OBSERVABILITY_PORTS.loki)] },
        ...(traces?.egress.length === 0 ? [httpsEgress()] : []),
        ...(traces?.egress ?? []).map(({ cidr, ports }) => ({ to: [{ ipBlock: { cidr } }], ports: ports.map(tcp) })),
      ],
    },
  };
}
