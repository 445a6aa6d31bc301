import { when, type ObjectRule } from "../rule.ts";

/** Label of a namespace that says which pods admission lets in. */
const ENFORCED = "pod-security.kubernetes.io/enforce";

/** What has admission hold pods to Pod Security "restricted" too. */
export const namespaceRule: ObjectRule = {
  name: "namespace-pod-security",
  title: "Namespaces admit only pods that Pod Security “restricted” allows.",
  why: "The rules of this pack see what the program makes; admission sees every pod, whoever makes it.",
  fix: "Set it to restricted",
  check: (object) => {
    if (!object.is("Namespace", "") || object.isPatch) return [];
    const level = object.labels.at(ENFORCED);
    return when(!level.mayBe("restricted"), level, level.isMissing ? "is missing" : `is ${String(level.value)}`);
  },
};
