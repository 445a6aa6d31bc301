import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { waiverAnnotations, type ExporterPart } from "../../spec/index.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { createNetworkPolicy, type PolicySpec } from "../network-policies.ts";
import { httpProbe, type ContainerArgs, type PodArgs, type Volume } from "../pod.ts";
import { createWorkload } from "../workload.ts";
import { goMemoryLimit } from "./settings.ts";

/** Arguments of {@link Exporter}. */
export interface ExporterArgs extends ComponentArgs {
  readonly exporter: ExporterPart;
  readonly policy: PolicySpec;
  /** What its program is told. */
  readonly container: Pick<ContainerArgs, "args" | "env" | "mounts">;
  /** What it mounts. @default nothing */
  readonly volumes?: readonly Volume[];
  /** Path that answers whenever the program runs, whatever it reads. @default "/" */
  readonly healthPath?: string;
  /** Service account that may read the Kubernetes API. @default none */
  readonly account?: k8s.core.v1.ServiceAccount;
  /** What its pod waits for. @default nothing */
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** What labels call exporters. */
export const EXPORTER_COMPONENT = "observability";

/** Policies that an exporter can't fulfil in production. */
const PRODUCTION_WAIVERS = {
  "replicas-in-production": { until: "2028-12-31", reason: "two would tell Prometheus everything twice" },
};

/** A pod that tells Prometheus what something else does not tell itself. Only Prometheus can reach it. */
export class Exporter extends Component {
  constructor(name: string, args: ExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Exporter", name, args, opts);
    const { exporter, placement } = args;
    const part = { name: exporter.name, component: EXPORTER_COMPONENT, image: exporter.settings.image };
    const metadata = this.metadata(exporter.name, part);
    const waived = waiverAnnotations(PRODUCTION_WAIVERS);
    createNetworkPolicy(name, { metadata, policy: args.policy }, this.child());
    createWorkload(
      name,
      {
        metadata: this.metadata(exporter.name, part, placement.tier === "prod" ? waived : {}),
        identity: this.identity(part),
        replicas: 1,
        asleep: placement.asleep,
        stableIdentity: false,
        pod: {
          ...exporterPod(exporter, args.container, args.healthPath),
          volumes: args.volumes ?? [],
          serviceAccountName: args.account ? exporter.name : placement.serviceAccountName,
          serviceAccountToken: args.account !== undefined,
        },
      },
      this.podChild({ dependsOn: [...(args.account ? [args.account] : []), ...(args.dependsOn ?? [])] }),
    );
    this.registerOutputs({});
  }
}

/**
 * The pod of an exporter, which Prometheus finds by annotations. It is well while it answers, even when what it reads does not.
 *
 * @param container what its program is told.
 * @param healthPath see {@link ExporterArgs.healthPath}.
 */
export function exporterPod(
  { name, port, settings: { image, resources, user } }: ExporterPart,
  container: ExporterArgs["container"],
  healthPath = "/",
): Pick<PodArgs, "user" | "annotations" | "container"> {
  const timing = { periodSeconds: 10, timeoutSeconds: 5 };
  return {
    user,
    annotations: {
      "prometheus.io/scrape": "true",
      "prometheus.io/port": String(port),
      "prometheus.io/path": "/metrics",
    },
    container: {
      ...container,
      name,
      image,
      ports: { metrics: port },
      env: { ...goMemoryLimit(resources), ...container.env },
      resources,
      livenessProbe: httpProbe(healthPath, "metrics", { ...timing, initialDelaySeconds: 10, failureThreshold: 6 }),
      readinessProbe: httpProbe(healthPath, "metrics", { ...timing, periodSeconds: 5, failureThreshold: 3 }),
    },
  };
}
