import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { SKIP_AWAIT, type ObjectMetadata } from "./component.ts";
import type { Volume } from "./pod.ts";

/** Object beside a claim that its volume is made from. */
export interface VolumeSource {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

/** Arguments of {@link createVolume}. */
export interface VolumeArgs {
  /** Builds metadata with the standard labels. */
  readonly metadata: (name: string, annotations: Record<string, string>) => ObjectMetadata;
  /** Object name of the claim. */
  readonly claim: string;
  /** Size in bytes, as a Kubernetes quantity. It may grow later where the class allows it. */
  readonly size: string;
  /** @default the cluster's default class */
  readonly storageClass?: string;
  /** @default it starts empty */
  readonly dataSource?: VolumeSource;
}

/**
 * A persistent volume of a workload that has one pod. Not a claim template of a StatefulSet: those can't be changed, so a
 * larger size would replace the StatefulSet, and they outlive it unseen. This claim is resized in place, protected and
 * deleted like every other object of the stack.
 *
 * The claim isn't waited for: where the class binds on first use, it stays pending until the pod runs.
 *
 * @returns the pod's volume "data", and the claim to depend on.
 */
export function createVolume(
  name: string,
  args: VolumeArgs,
  opts: pulumi.CustomResourceOptions,
): { volume: Volume; claim: k8s.core.v1.PersistentVolumeClaim } {
  const claim = new k8s.core.v1.PersistentVolumeClaim(
    `${name}-volume`,
    {
      metadata: args.metadata(args.claim, { ...SKIP_AWAIT }),
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: args.storageClass,
        dataSource: args.dataSource,
        resources: { requests: { storage: args.size } },
      },
    },
    // What it was made from can't be changed; a claim that differs would be replaced, and its data lost.
    { ...opts, ignoreChanges: ["spec.dataSource"] },
  );
  return { volume: { name: "data", persistentVolumeClaim: { claimName: args.claim } }, claim };
}
