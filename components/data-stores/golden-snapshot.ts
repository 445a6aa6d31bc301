import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { seedName, SNAPSHOT_GROUP } from "../../spec/index.ts";
import { Component, SKIP_AWAIT, type ComponentArgs } from "../component.ts";
import type { VolumeSource } from "../volume.ts";

/** A snapshot as the storage system knows it. */
export interface GoldenSnapshot {
  /** Name of the CSI driver. */
  readonly driver: string;
  /** The driver's own name of it. */
  readonly handle: string;
}

/** Arguments of {@link GoldenSnapshotCopy}. */
export interface GoldenSnapshotArgs extends ComponentArgs {
  readonly snapshot: GoldenSnapshot;
}

/**
 * Makes a snapshot of another namespace known in the environment's: a claim can only be made from a VolumeSnapshot beside it.
 * Nothing is copied, and what the storage system has stays when the environment goes.
 *
 * @see https://kubernetes.io/docs/concepts/storage/volume-snapshots/#static
 */
export class GoldenSnapshotCopy extends Component {
  /** What a claim is made from. */
  readonly source: VolumeSource;
  /** To wait for. */
  readonly resource: pulumi.Resource;

  constructor(storeName: string, args: GoldenSnapshotArgs, opts?: pulumi.ComponentResourceOptions) {
    const name = seedName(storeName);
    super("GoldenSnapshotCopy", name, args, opts);
    const { placement, snapshot } = args;
    const part = { name, component: "seed" };
    const { namespace } = placement;
    const apiVersion = `${SNAPSHOT_GROUP}/v1`;
    // Neither name has a dot: no other environment's content has the same one.
    const metadata = {
      ...this.metadata(`${namespace}.${name}`, part, { ...SKIP_AWAIT }),
      namespace: undefined,
      ownerReferences: this.owners(),
    };
    // A later snapshot of the same name counts in new environments: the volume is made once.
    const fixed = { ignoreChanges: ["spec"] };
    const content = new k8s.apiextensions.CustomResource(
      `${name}-snapshot-content`,
      {
        apiVersion,
        kind: "VolumeSnapshotContent",
        metadata,
        spec: {
          deletionPolicy: "Retain",
          driver: snapshot.driver,
          source: { snapshotHandle: snapshot.handle },
          volumeSnapshotRef: { apiVersion, kind: "VolumeSnapshot", name, namespace },
        },
      },
      this.slowChild(fixed),
    );
    this.resource = new k8s.apiextensions.CustomResource(
      `${name}-snapshot`,
      {
        apiVersion,
        kind: "VolumeSnapshot",
        metadata: this.metadata(name, part, { ...SKIP_AWAIT }),
        spec: { source: { volumeSnapshotContentName: metadata.name } },
      },
      this.slowChild({ ...fixed, dependsOn: [content] }),
    );
    this.source = { apiGroup: SNAPSHOT_GROUP, kind: "VolumeSnapshot", name };
    this.registerOutputs({});
  }

  /** What belongs to no namespace goes with the environment's all the same, also where the engine does not know of it. */
  private owners(): k8s.types.input.meta.v1.OwnerReference[] {
    const { namespace: name, namespaceResource } = this.placement;
    if (namespaceResource === undefined) return [];
    return [{ apiVersion: "v1", kind: "Namespace", name, uid: namespaceResource.metadata.uid }];
  }
}
