import type { KubeObject } from "../../spec/index.ts";

/** Kinds of objects that an installation has beside those of its environment. */
export type ManifestKind =
  | "ClusterRole"
  | "ClusterRoleBinding"
  | "ConfigMap"
  | "CustomResourceDefinition"
  | "NetworkPolicy"
  | "Role"
  | "RoleBinding"
  | "ServiceAccount"
  | "ValidatingAdmissionPolicy"
  | "ValidatingAdmissionPolicyBinding";

/** A Kubernetes object as plain data. */
export interface Manifest extends KubeObject {
  readonly kind: ManifestKind;
}
