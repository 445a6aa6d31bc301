import type { ObjectRule } from "../rule.ts";
import { containerRules } from "./containers.ts";
import { namespaceRule } from "./namespaces.ts";
import { wholePodRules } from "./pods.ts";
import { profileRules } from "./profiles.ts";
import { userRules } from "./users.ts";

/**
 * Pod Security "restricted" as Kubernetes 1.34 admits pods by it, one rule for each of its checks, and one about namespaces that
 * have admission do so.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const podSecurityRules: readonly ObjectRule[] = [
  namespaceRule,
  ...containerRules,
  ...wholePodRules,
  ...userRules,
  ...profileRules,
];
