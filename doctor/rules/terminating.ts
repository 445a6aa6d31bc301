import type { Facts, SeenObject } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { nameOf, subjectOf, workloadsOf } from "../workloads.ts";
import { eventsAbout, oneLine } from "./pod-troubles.ts";

/** Milliseconds that a pod gets to go beyond the time that its containers have to end in. */
const PATIENCE_MS = 30_000;

/** Pods that were deleted and do not go: a StatefulSet makes no new one meanwhile. */
export const stuckPods: Rule = (facts) =>
  workloadsOf(facts).flatMap(({ subject, pods, desired = 0, ready }) =>
    pods.flatMap((pod): Finding[] => {
      const { name = "", namespace = "", deletionTimestamp, finalizers = [] } = pod.metadata ?? {};
      if (!isLate(deletionTimestamp, facts)) return [];
      const node = pod.spec?.nodeName ?? "";
      const isHeld = finalizers.length > 0;
      const why = isHeld ? `${finalizers.join(", ")} holds it` : `node ${node} has not ended it`;
      const told = eventsAbout(facts, subjectOf("Pod", pod), "FailedKillPod").slice(0, 1);
      return [
        {
          rule: "stuck-pod",
          about: subject,
          stage: "failure",
          severity: ready < desired ? "failing" : "warning",
          says: `${nameOf(subject, facts)} has a pod that was deleted and does not go: ${why}.`,
          evidence: [
            `Pod ${name} should have been gone at ${deletionTimestamp ?? ""}`,
            ...told.map(({ message = "" }) => `FailedKillPod: ${oneLine(message)}`),
          ],
          next: isHeld
            ? `See that what sets ${finalizers.join(", ")} runs: it takes that away when it is done.`
            : `${facts.target.kubectl} describe pod ${name} -n ${namespace}; of a node that is gone for good: delete the node`,
          follows: ["runs-on"],
        },
      ];
    }),
  );

/** The moment of a deletion is that at which the time to end in is over. */
function isLate(moment: NonNullable<SeenObject<"Pod">["metadata"]>["deletionTimestamp"], { now }: Facts): boolean {
  return now.getTime() - Date.parse(moment ?? "") > PATIENCE_MS;
}
