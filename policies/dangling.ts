import { mayShareNamespace, type KubeObject } from "./kube-object.ts";
import { mayCover } from "./network.ts";
import type { Pod } from "./pod.ts";
import { mayScale } from "./replicas.ts";
import { when, type Finding, type StackRule } from "./rule.ts";
import { mayMatchLabels, maySelect, selectsEverything } from "./selector.ts";
import type { Stack } from "./stack.ts";

const FIX = "Correct the selector, or the labels of the pods that are meant";

/** Rules about objects that name others which are not there. */
export const danglingRules: readonly StackRule[] = [
  {
    name: "service-selects-pods",
    title: "Services select pods.",
    why: "A Service that selects none answers nobody, and nothing reports an error.",
    fix: FIX,
    checkStack: danglers("Service", "", (service, pods) => {
      const selector = service.spec.at("selector");
      // Without a selector somebody else fills in its addresses.
      if (selector.isMissing || pods.some((pod) => mayMatchLabels(selector, pod.metadata.at("labels")))) return [];
      return [{ at: selector, problem: "selects no pod" }];
    }),
  },
  {
    name: "disruption-budget-selects-pods",
    title: "PodDisruptionBudgets select pods.",
    why: "A budget that selects none protects nothing when nodes are drained.",
    fix: FIX,
    checkStack: danglers("PodDisruptionBudget", "policy", (budget, pods) => {
      const selector = budget.spec.at("selector");
      if (selector.isMissing) return [{ at: selector, problem: "is missing, which selects no pod" }];
      const selects = (pod: Pod): boolean => maySelect(selector, pod.metadata.at("labels"));
      return when(!selectsEverything(selector) && !pods.some(selects), selector, "selects no pod");
    }),
  },
  {
    name: "network-policy-selects-pods",
    title: "NetworkPolicies select pods.",
    why: "A policy that selects none opens and closes nothing, and whoever reads it thinks that it does.",
    fix: FIX,
    checkStack: danglers("NetworkPolicy", "networking.k8s.io", (policy, pods) => {
      const selector = policy.spec.at("podSelector");
      // An empty one is for whatever comes.
      const selects = selectsEverything(selector) || pods.some((pod) => mayCover(policy, pod));
      return when(!selects, selector, "selects no pod");
    }),
  },
  {
    name: "autoscaler-has-target",
    title: "HorizontalPodAutoscalers have a workload to scale.",
    why: "An autoscaler without one scales nothing.",
    fix: "Name a workload of this namespace, with its kind",
    checkStack: danglers("HorizontalPodAutoscaler", "autoscaling", (autoscaler, _, beside) => {
      const target = autoscaler.spec.at("scaleTargetRef");
      const isOurs = target.at("kind").mayBe("Deployment", "StatefulSet", "ReplicaSet");
      if (!isOurs || beside.some((workload) => mayScale(autoscaler, workload))) return [];
      return [{ at: target, problem: `is ${target.at("kind").text} ${target.at("name").text}, which is not there` }];
    }),
  },
];

/**
 * A check of each object of a kind against what else is in its namespace. Where only a part of the stack's objects is known,
 * nothing is said: what is named may be in the other part.
 */
function danglers(
  kind: string,
  group: string,
  check: (object: KubeObject, pods: readonly Pod[], beside: readonly KubeObject[]) => Finding[],
): StackRule["checkStack"] {
  return (stack: Stack) => {
    if (stack.isPartial) return [];
    return stack.ofKind(kind, group).flatMap((object) => {
      const beside = stack.objects.filter((other) => mayShareNamespace(object, other));
      return check(object, stack.podsBeside(object), beside).map((finding) => ({ ...finding, object }));
    });
  };
}
