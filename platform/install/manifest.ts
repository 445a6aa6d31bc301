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
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: ManifestKind;
  readonly metadata: {
    readonly name: string;
    /** @default the object is cluster-wide */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}
