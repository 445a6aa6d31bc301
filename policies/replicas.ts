import type { KubeObject } from "./kube-object.ts";
import { mayShareNamespace } from "./kube-object.ts";
import { podOf } from "./pod.ts";
import type { StackRule } from "./rule.ts";
import type { Stack } from "./stack.ts";

/** Rules about how many pods a workload has. */
export const replicaRules: readonly StackRule[] = [
  {
    name: "replicas-in-production",
    title: "Workloads in production have at least two pods.",
    why: "One pod is none while it moves to another node. A workload whose pods mount a claim of their own name is left out: only one can have that volume.",
    fix: "Raise spec.replicas, or minReplicas of its autoscaler",
    tiers: ["prod"],
    settings: { minimum: { description: "Smallest number of pods.", default: 2 } },
    checkStack: (stack, context) => {
      const minimum = context.number("minimum");
      return ["Deployment", "StatefulSet"]
        .flatMap((kind) => stack.ofKind(kind, "apps"))
        .filter((workload) => !hasOneVolume(workload))
        .flatMap((object) => {
          const autoscalers = autoscalersOf(stack, object);
          const [first] = autoscalers;
          const counts = first
            ? autoscalers.map((scaler) => scaler.spec.at("minReplicas"))
            : [object.spec.at("replicas")];
          return counts
            .filter((count) => !count.isUnknown && (count.number ?? 1) < minimum)
            .map((at) => ({ object: first ?? object, at, problem: `is ${at.number ?? "missing, which means 1"}` }));
        });
    },
  },
];

/** The autoscalers that may set a workload's number of pods. */
export function autoscalersOf(stack: Stack, workload: KubeObject): KubeObject[] {
  return stack
    .ofKind("HorizontalPodAutoscaler", "autoscaling")
    .filter((autoscaler) => mayShareNamespace(autoscaler, workload) && mayScale(autoscaler, workload));
}

/** Whether an autoscaler may have this workload as its target. */
export function mayScale(autoscaler: KubeObject, workload: KubeObject): boolean {
  const target = autoscaler.spec.at("scaleTargetRef");
  return (
    target.at("kind").mayBe(workload.kind) && (workload.name.isUnknown || target.at("name").mayBe(workload.name.value))
  );
}

/** Whether all pods of a workload share one claim, or may. */
function hasOneVolume(workload: KubeObject): boolean {
  const volumes = podOf(workload)?.spec.at("volumes");
  return (
    volumes?.isUnknown === true ||
    volumes?.items.some((volume) => !volume.at("persistentVolumeClaim").isMissing) === true
  );
}
