import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { workloadLabels, type Identity } from "../spec/index.ts";
import { SKIP_AWAIT, type ObjectMetadata } from "./component.ts";
import { headlessName } from "./workload.ts";

/** Arguments of {@link createClientServices}. */
export interface ClientServicesArgs {
  readonly identity: Identity;
  /** Builds metadata with the standard labels. */
  readonly metadata: (name: string, annotations: Record<string, string>) => ObjectMetadata;
  /** Ports by name; the Service's ports equal the container's, so policies and addresses show one number. */
  readonly ports: Readonly<Record<string, number>>;
  /** Whether pods have names of their own, which takes a headless Service. */
  readonly stableIdentity: boolean;
  /** Opens the first port on every node. @default none; true lets the cluster pick the number */
  readonly nodePort?: number | true;
}

/**
 * The Services in front of a workload: one ClusterIP (or NodePort) Service for clients and, for a StatefulSet, a
 * headless one. Neither is waited for: the provider would wait ten seconds for endpoints that the workload proves.
 */
export function createClientServices(
  name: string,
  args: ClientServicesArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  const selector = workloadLabels(args.identity);
  const ports = Object.entries(args.ports).map(([portName, port], index) => ({
    name: portName,
    port,
    targetPort: portName,
    protocol: "TCP",
    ...(index === 0 && typeof args.nodePort === "number" ? { nodePort: args.nodePort } : {}),
  }));
  if (args.stableIdentity) {
    new k8s.core.v1.Service(
      `${name}-headless-service`,
      {
        metadata: args.metadata(headlessName(args.identity.name), SKIP_AWAIT),
        spec: {
          clusterIP: "None",
          selector,
          ports: ports.map(({ name, port, targetPort, protocol }) => ({ name, port, targetPort, protocol })),
        },
      },
      opts,
    );
  }
  const metadata = args.metadata(args.identity.name, SKIP_AWAIT);
  return new k8s.core.v1.Service(
    `${name}-service`,
    {
      // Only this Service carries the workload's label, so that what selects Services by it finds each pod once.
      metadata: { ...metadata, labels: { ...metadata.labels, ...selector } },
      spec: { type: args.nodePort === undefined ? "ClusterIP" : "NodePort", selector, ports },
    },
    opts,
  );
}
