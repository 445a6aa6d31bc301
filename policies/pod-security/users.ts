import { podRule, when, type ObjectRule } from "../rule.ts";
import { securityContextsOf, STANDARD } from "./standard.ts";

/** Rules of Pod Security "restricted" about who a pod's processes are. */
export const userRules: readonly ObjectRule[] = [
  podRule(
    {
      name: "pod-security-non-root",
      title: "Pods refuse to run as root.",
      why: `Root in a container is root on the node for whoever finds a way out. ${STANDARD}`,
      fix: "Set it to true, for the pod or for each of its containers",
    },
    (pod) => {
      const own = pod.spec.at("securityContext", "runAsNonRoot");
      const isInherited = own.mayBe(true);
      return [
        ...when(own.value === false, own, "is false"),
        ...pod.containers.flatMap(({ field }) => {
          const nonRoot = field.at("securityContext", "runAsNonRoot");
          if (nonRoot.value === false) return [{ at: nonRoot, problem: "is false" }];
          return when(nonRoot.isMissing && !isInherited, nonRoot, "is missing");
        }),
      ];
    },
  ),
  podRule(
    {
      name: "pod-security-user",
      title: "Pods name no user 0.",
      why: `User 0 is root, whatever else is said. ${STANDARD}`,
      fix: "Name another user, or none",
    },
    (pod) =>
      securityContextsOf(pod).flatMap((context) => {
        const user = context.at("runAsUser");
        return when(user.value === 0, user, "is 0");
      }),
  ),
];
