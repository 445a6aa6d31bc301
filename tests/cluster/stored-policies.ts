import type { Policy } from "../unit/network-policy-evaluator.ts";
import { objectsIn } from "./kubectl.ts";

/** A policy as it is in the cluster. */
export interface StoredPolicy extends Policy {
  readonly metadata: Policy["metadata"] & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[];
  };
}

/** Reads the network policies of namespaces, without those of canaries. */
export async function readPolicies(namespaces: readonly string[]): Promise<StoredPolicy[]> {
  const args = ["networkpolicies", "--selector", "app!=canary", "--show-managed-fields"] as const;
  const lists = await Promise.all(
    namespaces.map((namespace) => objectsIn(namespace).read<{ items: StoredPolicy[] }>(...args)),
  );
  return lists.flatMap(({ items }) => items);
}

/** Gives a policy a spec, in the name of whoever manages it: so that this one can change it later. */
export async function putPolicy({ metadata }: StoredPolicy, spec: Policy["spec"]): Promise<void> {
  const { name, namespace, labels, annotations, managedFields = [] } = metadata;
  const manager = managedFields.find(({ operation }) => operation === "Apply")?.manager ?? "kubectl";
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace, labels, annotations },
    spec,
  };
  const args = ["apply", "--server-side", "--force-conflicts", `--field-manager=${manager}`, "--filename", "-"];
  await objectsIn(namespace).run(args, JSON.stringify(object));
}

/** Deletes a policy. */
export async function deletePolicy({ metadata: { name, namespace } }: Policy): Promise<void> {
  await objectsIn(namespace).run(["delete", "networkpolicy", name]);
}
