import type { Field } from "../field.ts";
import type { Pod } from "../pod.ts";

/** What every rule of this folder is a part of; said in its reason. */
export const STANDARD =
  "Part of the [Pod Security Standard](https://kubernetes.io/docs/concepts/security/pod-security-standards/) “restricted” of Kubernetes 1.34.";

/** Whether a pod is for Windows nodes, where some fields have no meaning; one that isn't known yet may be. */
export function isForWindows(pod: Pod): boolean {
  return pod.spec.at("os", "name").mayBe("windows");
}

/** Places that hold a pod's security settings: the pod's own and those of its containers. */
export function securityContextsOf(pod: Pod): Field[] {
  return [pod.spec, ...pod.containers.map(({ field }) => field)].map((owner) => owner.at("securityContext"));
}
