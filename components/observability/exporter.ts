import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { waiverAnnotations, type ExporterPart } from "../../spec/index.ts";
import { Component, type ComponentArgs } from "../component.ts";
import { toNetworkPolicySpec, type PolicySpec } from "../network-policies.ts";
import { httpProbe, type ContainerArgs } from "../pod.ts";
import { createWorkload } from "../workload.ts";
import { goMemoryLimit } from "./settings.ts";

/** Arguments of {@link Exporter}. */
export interface ExporterArgs extends ComponentArgs {
  readonly exporter: ExporterPart;
  readonly policy: PolicySpec;
  /** What its program is told. */
  readonly container: Pick<ContainerArgs, "args" | "env">;
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
    const { image, resources, user } = exporter.settings;
    const part = { name: exporter.name, component: EXPORTER_COMPONENT, image };
    const metadata = this.metadata(exporter.name, part);
    const waived = waiverAnnotations(PRODUCTION_WAIVERS);
    new k8s.networking.v1.NetworkPolicy(
      `${name}-network-policy`,
      { metadata, spec: toNetworkPolicySpec(args.policy) },
      this.child(),
    );
    createWorkload(
      name,
      {
        metadata: this.metadata(exporter.name, part, placement.tier === "prod" ? waived : {}),
        identity: this.identity(part),
        replicas: 1,
        asleep: placement.asleep,
        stableIdentity: false,
        pod: {
          user,
          serviceAccountName: args.account ? exporter.name : placement.serviceAccountName,
          serviceAccountToken: args.account !== undefined,
          annotations: scrapeAnnotations(exporter),
          container: {
            ...args.container,
            name: exporter.name,
            image,
            ports: { metrics: exporter.port },
            env: { ...goMemoryLimit(resources), ...args.container.env },
            resources,
            ...exporterProbes(args.healthPath),
          },
        },
      },
      this.podChild({ dependsOn: [...(args.account ? [args.account] : []), ...(args.dependsOn ?? [])] }),
    );
    this.registerOutputs({});
  }
}

/** Annotations by which Prometheus finds an exporter. */
export function scrapeAnnotations({ port }: ExporterPart): Record<string, string> {
  return { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": "/metrics" };
}

/** Probes of an exporter: it is well while it answers, even when what it reads does not. */
export function exporterProbes(path = "/"): Pick<ContainerArgs, "livenessProbe" | "readinessProbe"> {
  const timing = { periodSeconds: 10, timeoutSeconds: 5 };
  return {
    livenessProbe: httpProbe(path, "metrics", { ...timing, initialDelaySeconds: 10, failureThreshold: 6 }),
    readinessProbe: httpProbe(path, "metrics", { ...timing, periodSeconds: 5, failureThreshold: 3 }),
  };
}
