import type { Recipe } from "./recipe.ts";
import { versions } from "./versions.ts";

/** The controllers of volume snapshots: the cluster's, and the one beside a driver. */
export const csiSnapshotter: Recipe = {
  name: "csi-snapshotter",
  title: `csi-snapshotter ${versions.csiSnapshotter}`,
  coldSeconds: 200,
  builds: [
    {
      folder: "csi-snapshotter",
      binaries: {
        "snapshot-controller": "github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller",
        "csi-snapshotter": "github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter",
      },
      variables: { "main.version": `v${versions.csiSnapshotter}` },
    },
  ],
};

/** Has a driver make the volumes of claims. */
export const csiProvisioner: Recipe = {
  name: "csi-provisioner",
  title: `csi-provisioner ${versions.csiProvisioner}`,
  coldSeconds: 150,
  builds: [
    {
      folder: "csi-provisioner",
      binaries: { "csi-provisioner": "github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner" },
      variables: { "main.version": `v${versions.csiProvisioner}` },
    },
  ],
};

/** What a driver speaks with these controllers and with the kubelet, and the resource definitions of snapshots. */
export const csiDefinitions: Recipe = {
  name: "csi-definitions",
  title: `definitions of CSI and of csi-snapshotter ${versions.csiSnapshotter}`,
  coldSeconds: 5,
  ship: [
    {
      folder: "csi-snapshotter",
      module: "github.com/kubernetes-csi/external-snapshotter/client/v8",
      from: "config/crd",
      to: "snapshots",
    },
    {
      folder: "csi-snapshotter",
      module: "github.com/container-storage-interface/spec",
      from: "csi.proto",
      to: "csi.proto",
    },
    {
      folder: "kubernetes",
      module: "k8s.io/kubelet",
      from: "pkg/apis/pluginregistration/v1/api.proto",
      to: "registration.proto",
    },
  ],
};
