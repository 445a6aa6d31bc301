import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { workloadLabels, type ExporterPart } from "../../spec/index.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { createNetworkPolicy, type PolicySpec } from "../network-policies.ts";
import { createPodTemplate } from "../pod.ts";
import { EXPORTER_COMPONENT, exporterPod } from "./exporter.ts";

/** Arguments of {@link NodeMetrics}. */
export interface NodeMetricsArgs extends ComponentArgs {
  readonly exporter: ExporterPart;
  readonly policy: PolicySpec;
}

/** What is read; each of them is the node's in any container. */
const COLLECTORS = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "pressure"] as const;

/**
 * node_exporter on every node, in a pod as restricted as any other: without a folder of the node. The kernel shows a container
 * the whole node's memory, processors and disks. Of file systems it sees two through its own: /tmp lies where the volumes of
 * pods lie, and / where images and containers do.
 *
 * What belongs to a pod's own namespaces, network and processes, it can't see of the node.
 *
 * @see https://github.com/prometheus/node_exporter
 */
export class NodeMetrics extends Component {
  constructor(name: string, args: NodeMetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("NodeMetrics", name, args, opts);
    const { exporter, placement } = args;
    const part = { name: exporter.name, component: EXPORTER_COMPONENT, image: exporter.settings.image };
    const metadata = this.metadata(exporter.name, part);
    const policy = createNetworkPolicy(name, { metadata, policy: args.policy }, this.child());
    new k8s.apps.v1.DaemonSet(
      `${name}-daemonset`,
      {
        metadata,
        spec: {
          selector: { matchLabels: workloadLabels(this.identity(part)) },
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
          template: createPodTemplate({
            identity: this.identity(part),
            everyNode: true,
            serviceAccountName: placement.serviceAccountName,
            ...exporterPod(exporter, {
              args: [
                "--collector.disable-defaults",
                ...COLLECTORS.map((collector) => `--collector.${collector}`),
                "--collector.filesystem.mount-points-include=^/(tmp)?$",
                // By default the kind that containers' own file systems are of is left out.
                "--collector.filesystem.fs-types-include=.+",
                `--web.listen-address=:${exporter.port}`,
              ],
            }),
          }),
        },
      },
      this.podChild({ dependsOn: [policy] }),
    );
    this.registerOutputs({});
  }
}
