import type { HostLayout } from "./layout.ts";
import { nodeName } from "./plan.ts";
import { systemImages } from "./system-images.ts";
import { clusterWideRules, collections, type PlacedObject, systemDeployment, systemNamespace } from "./system-pods.ts";

/** Name of the deployment that makes volumes. */
export const storageDeployment = "local-path-provisioner";

const apiGroup = "rbac.authorization.k8s.io";

/** Volumes are folders of the cluster's data folder; the default class makes them when a pod first uses them. */
export function storageObjects(layout: HostLayout): PlacedObject[] {
  const labels = { app: storageDeployment };
  const metadata = { name: storageDeployment, namespace: systemNamespace };
  const object = (content: object): PlacedObject["object"] => content as PlacedObject["object"];
  return [
    {
      collection: collections.storageClasses,
      object: object({
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
        provisioner: "rancher.io/local-path",
        reclaimPolicy: "Delete",
        volumeBindingMode: "WaitForFirstConsumer",
      }),
    },
    {
      collection: collections.configMaps,
      object: object({ apiVersion: "v1", kind: "ConfigMap", metadata, data: provisionerConfiguration(layout) }),
    },
    ...clusterWideRules(storageDeployment, [
      {
        apiGroups: [""],
        resources: ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
        verbs: ["get", "list", "watch"],
      },
      {
        apiGroups: [""],
        resources: ["persistentvolumes"],
        verbs: ["get", "list", "watch", "create", "patch", "update", "delete"],
      },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["get", "list", "watch"] },
    ]),
    {
      collection: collections.roles,
      object: object({
        apiVersion: `${apiGroup}/v1`,
        kind: "Role",
        metadata,
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["create", "patch", "update", "delete"] }],
      }),
    },
    {
      collection: collections.roleBindings,
      object: object({
        apiVersion: `${apiGroup}/v1`,
        kind: "RoleBinding",
        metadata,
        roleRef: { apiGroup, kind: "Role", name: storageDeployment },
        subjects: [{ kind: "ServiceAccount", name: storageDeployment, namespace: systemNamespace }],
      }),
    },
    ...systemDeployment({
      name: storageDeployment,
      labels,
      container: provisionerContainer,
      volumes: [{ name: "config", configMap: { name: storageDeployment } }],
    }),
  ];
}

/** @see https://github.com/rancher/local-path-provisioner#configuration */
function provisionerConfiguration(layout: HostLayout): Record<string, string> {
  return {
    "config.json": JSON.stringify({
      nodePathMap: [{ node: nodeName, paths: [layout.volumes] }],
      // Our own program in place of the usual scripts, so that the image needs no shell.
      setupCommand: "/volume-folder",
      teardownCommand: "/volume-folder",
    }),
    "helperPod.yaml": JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "helper-pod" },
      spec: {
        priorityClassName: "system-node-critical",
        tolerations: [{ operator: "Exists" }],
        containers: [{ name: "helper-pod", image: systemImages.volumeFolder, imagePullPolicy: "Never" }],
      },
    }),
  };
}

const provisionerContainer = {
  image: systemImages.provisioner,
  args: [
    "start",
    "--config=/etc/config/config.json",
    `--configmap-name=${storageDeployment}`,
    `--service-account-name=${storageDeployment}`,
    `--helper-image=${systemImages.volumeFolder}`,
  ],
  env: [
    { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    { name: "CONFIG_MOUNT_PATH", value: "/etc/config/" },
  ],
  volumeMounts: [{ name: "config", mountPath: "/etc/config", readOnly: true }],
  resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 65534,
    capabilities: { drop: ["ALL"] },
  },
};
