import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { workloadLabels, type Identity } from "../spec/index.ts";
import { createPodTemplate, type PodArgs } from "./pod.ts";

/** A persistent volume of each pod of a StatefulSet. */
export interface VolumeClaim {
  readonly name: string;
  /** Size in bytes, as a Kubernetes quantity. */
  readonly size: string;
  /** @default the cluster's default class */
  readonly storageClass?: string;
}

/** Arguments of {@link createWorkload}. */
export interface WorkloadArgs {
  readonly metadata: k8s.types.input.meta.v1.ObjectMeta;
  readonly identity: Identity;
  readonly replicas: number;
  /** Whether it has no pod for now. @default false */
  readonly asleep?: boolean;
  /** Set where an autoscaler owns the number of replicas: it is then left out of the object's updates. @default false */
  readonly autoscaled?: boolean;
  readonly pod: Omit<PodArgs, "identity">;
  /** Pods keep their names; makes it a StatefulSet. */
  readonly stableIdentity: boolean;
  /** Volumes of each pod of a StatefulSet. @default none */
  readonly claims?: readonly VolumeClaim[];
  /** Pods that may be missing during a rollout. @default 0 */
  readonly maxUnavailable?: number;
  /** Pods above the wanted number during a Deployment's rollout. @default 1 */
  readonly maxSurge?: number;
  /** Seconds a rollout may take before it counts as failed. @default 600 */
  readonly progressDeadlineSeconds?: number;
}

/** Name of the headless Service that gives a StatefulSet's pods their DNS names. */
export function headlessName(name: string): string {
  return `${name}-headless`;
}

/** Old ReplicaSets or revisions kept for a rollback. */
const REVISION_HISTORY = 3;

/**
 * Creates a StatefulSet where pods need a stable identity or volumes, else a Deployment. The engine waits until its
 * pods are ready; that is what proves the Services in front of it.
 */
export function createWorkload(
  name: string,
  args: WorkloadArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet {
  const template = createPodTemplate({ ...args.pod, identity: args.identity, spread: args.replicas > 1 });
  const selector = { matchLabels: workloadLabels(args.identity) };
  const awake = args.autoscaled ? undefined : args.replicas;
  const replicas = args.asleep ? 0 : awake;
  if (!args.stableIdentity) {
    return new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: args.metadata,
        spec: {
          replicas,
          selector,
          template,
          revisionHistoryLimit: REVISION_HISTORY,
          progressDeadlineSeconds: args.progressDeadlineSeconds ?? 600,
          strategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxUnavailable: args.maxUnavailable ?? 0, maxSurge: args.maxSurge ?? 1 },
          },
        },
      },
      opts,
    );
  }
  return new k8s.apps.v1.StatefulSet(
    `${name}-statefulset`,
    {
      metadata: args.metadata,
      spec: {
        serviceName: headlessName(args.identity.name),
        replicas,
        selector,
        template,
        revisionHistoryLimit: REVISION_HISTORY,
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        volumeClaimTemplates: (args.claims ?? []).map((claim) => ({
          metadata: { name: claim.name, labels: workloadLabels(args.identity) },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: claim.storageClass,
            resources: { requests: { storage: claim.size } },
          },
        })),
      },
    },
    opts,
  );
}
