import type { Field } from "./field.ts";
import { mayShareNamespace, type KubeObject } from "./kube-object.ts";
import type { Pod } from "./pod.ts";
import type { StackRule } from "./rule.ts";
import { maySelect, maySelectEverything, selectsEverything } from "./selector.ts";
import type { Stack } from "./stack.ts";

const DIRECTIONS = ["Ingress", "Egress"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** Rules about what pods may reach, and who may reach them. */
export const networkRules: readonly StackRule[] = [
  {
    name: "network-default-deny",
    title: "Namespaces are closed in both directions but for what is opened.",
    why: "A pod that no policy selects may talk to everything. Where a policy selects every pod and allows nothing, that holds for pods which nobody has thought of, too.",
    fix: "Add a NetworkPolicy with an empty podSelector, policyTypes [Ingress, Egress] and no rules to this namespace",
    checkStack: (stack) =>
      onePodOfEachNamespace(stack).flatMap((pod) => {
        const closed = policiesBeside(stack, pod).filter(deniesEverything);
        const open = DIRECTIONS.filter((direction) => !closed.some((policy) => mayHold(policy, direction)));
        const object = namespaceOf(stack, pod) ?? pod.object;
        const problem = `has pods and no policy that denies all ${open.join(" and ")}`;
        return open.length === 0 ? [] : [{ object, at: namespaceField(object), problem }];
      }),
  },
  {
    name: "network-policy-coverage",
    title: "NetworkPolicies select every pod, for both directions.",
    why: "A pod that no policy selects for a direction may be reached by everything, or may reach everything.",
    fix: "Add a NetworkPolicy that selects these labels and has this direction in its policyTypes",
    checkStack: (stack) =>
      stack.pods.flatMap((pod) => {
        const selecting = policiesBeside(stack, pod).filter((policy) => mayCover(policy, pod));
        const open = DIRECTIONS.filter((direction) => !selecting.some((policy) => mayHold(policy, direction)));
        const problem = `are selected by no policy for ${open.join(" and ")}`;
        return open.length === 0 ? [] : [{ object: pod.object, at: labelsOf(pod), problem }];
      }),
  },
  {
    name: "network-policy-per-workload",
    title: "Each workload has a NetworkPolicy of its own.",
    why: "What one workload needs is said for it alone; a policy for all pods of a namespace gives it to all of them.",
    fix: "Add a NetworkPolicy whose podSelector names these labels",
    checkStack: (stack) =>
      stack.pods.flatMap((pod) => {
        const policies = policiesBeside(stack, pod).filter(
          (policy) => !selectsEverything(policy.spec.at("podSelector")),
        );
        if (policies.some((policy) => mayCover(policy, pod))) return [];
        return [{ object: pod.object, at: labelsOf(pod), problem: "are selected by no policy of their own" }];
      }),
  },
];

/** Whether a policy may be about a pod. */
export function mayCover(policy: KubeObject, pod: Pod): boolean {
  return maySelect(policy.spec.at("podSelector"), labelsOf(pod));
}

function labelsOf(pod: Pod): Field {
  return pod.metadata.at("labels");
}

function policiesBeside(stack: Stack, pod: Pod): KubeObject[] {
  return stack.ofKind("NetworkPolicy", "networking.k8s.io").filter((policy) => mayShareNamespace(policy, pod.object));
}

/** Pods by whose namespaces the stack's namespaces are known; those not known yet are left to the others. */
function onePodOfEachNamespace(stack: Stack): Pod[] {
  const known = stack.pods.filter(({ object }) => !object.namespace.isUnknown);
  return [...new Map(known.map((pod) => [pod.object.namespace.text ?? "default", pod])).values()];
}

function namespaceOf(stack: Stack, pod: Pod): KubeObject | undefined {
  const name = pod.object.namespace.text;
  return stack.ofKind("Namespace", "").find((namespace) => namespace.name.text === name);
}

function namespaceField(object: KubeObject): Field {
  return object.is("Namespace", "") ? object.name : object.namespace;
}

/** Whether a policy holds for a direction: without policyTypes for ingress, and for egress where it has such rules. */
function mayHold({ spec }: KubeObject, direction: Direction): boolean {
  const types = spec.at("policyTypes");
  if (types.isUnknown) return true;
  if (!types.isMissing) return types.items.some((type) => type.mayBe(direction));
  return direction === "Ingress" || !spec.at("egress").isMissing;
}

function deniesEverything({ spec }: KubeObject): boolean {
  const rules = [spec.at("ingress"), spec.at("egress")].flatMap((list) => list.items);
  return maySelectEverything(spec.at("podSelector")) && rules.length === 0;
}
