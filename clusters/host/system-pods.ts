/** The cluster's own pods in kube-system, and how their objects are installed. */
import type { KubeApi } from "../kube-api.ts";

/** A Kubernetes object and the path of its kind's collection. */
export interface PlacedObject {
  readonly collection: string;
  readonly object: { readonly metadata: { readonly name: string } };
}

/** The namespace of the cluster's own pods. */
export const systemNamespace = "kube-system";

const namespaced = (group: string, plural: string): string => `${group}/namespaces/${systemNamespace}/${plural}`;

/** Paths of the collections that the cluster's own objects are in. */
export const collections = {
  serviceAccounts: namespaced("/api/v1", "serviceaccounts"),
  configMaps: namespaced("/api/v1", "configmaps"),
  services: namespaced("/api/v1", "services"),
  deployments: namespaced("/apis/apps/v1", "deployments"),
  roles: namespaced("/apis/rbac.authorization.k8s.io/v1", "roles"),
  roleBindings: namespaced("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
  clusterRoles: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  clusterRoleBindings: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  storageClasses: "/apis/storage.k8s.io/v1/storageclasses",
} as const;

/** Creates or updates objects, one after the other. */
export async function applyAll(api: KubeApi, objects: readonly PlacedObject[]): Promise<void> {
  for (const { collection, object } of objects) {
    await api.apply(`${collection}/${object.metadata.name}`, JSON.stringify(object));
  }
}

/** Names a deployment of the cluster's own that has no available pod; undefined when all have. */
export async function unavailableDeployment(api: KubeApi, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const found = (await api.read(`${collections.deployments}/${name}`)) as
      { status?: { availableReplicas?: number } } | undefined;
    if ((found?.status?.availableReplicas ?? 0) === 0) return `${name} in ${systemNamespace} is not available`;
  }
  return undefined;
}

/** What one of the cluster's own deployments consists of. */
export interface SystemDeploymentArgs {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The only container, without its name. */
  readonly container: object;
  readonly volumes: readonly object[];
}

/** A Deployment of one pod that no other pod displaces, and its service account of the same name. */
export function systemDeployment({ name, labels, container, volumes }: SystemDeploymentArgs): PlacedObject[] {
  const metadata = { name, namespace: systemNamespace, labels };
  return [
    {
      collection: collections.serviceAccounts,
      object: { apiVersion: "v1", kind: "ServiceAccount", metadata } as PlacedObject["object"],
    },
    {
      collection: collections.deployments,
      object: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: {
          replicas: 1,
          strategy: { type: "Recreate" },
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: name,
              priorityClassName: "system-cluster-critical",
              tolerations: [{ operator: "Exists" }],
              containers: [{ name, imagePullPolicy: "Never", ...container }],
              volumes,
            },
          },
        },
      } as PlacedObject["object"],
    },
  ];
}

/** Rules for a service account of {@link systemNamespace} in all namespaces. */
export function clusterWideRules(account: string, rules: readonly object[]): PlacedObject[] {
  const name = `system:${account}`;
  const apiGroup = "rbac.authorization.k8s.io";
  const apiVersion = `${apiGroup}/v1`;
  const subjects = [{ kind: "ServiceAccount", name: account, namespace: systemNamespace }];
  const roleRef = { apiGroup, kind: "ClusterRole", name };
  const role = { apiVersion, kind: "ClusterRole", metadata: { name }, rules };
  const binding = { apiVersion, kind: "ClusterRoleBinding", metadata: { name }, roleRef, subjects };
  return [
    { collection: collections.clusterRoles, object: role },
    { collection: collections.clusterRoleBindings, object: binding },
  ];
}
