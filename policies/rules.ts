import { accessRules } from "./access.ts";
import { danglingRules } from "./dangling.ts";
import { imageRules } from "./images.ts";
import { labelRules } from "./labels.ts";
import { namespaceRules } from "./namespaces.ts";
import { networkRules } from "./network.ts";
import { ownershipRules } from "./ownership.ts";
import { podSecurityRules } from "./pod-security/index.ts";
import { probeRules } from "./probes.ts";
import { replicaRules } from "./replicas.ts";
import { resourceRules } from "./resources.ts";
import type { Rule } from "./rule.ts";
import { secretRules } from "./secrets.ts";

/** All rules that objects have to fulfil, by what they are about. */
export const RULES_BY_SUBJECT: Readonly<Record<string, readonly Rule[]>> = {
  Secrets: secretRules,
  Images: imageRules,
  "Resources and availability": [...resourceRules, ...probeRules, ...replicaRules],
  Networks: networkRules,
  "Names, labels and selectors": [...labelRules, ...namespaceRules, ...danglingRules],
  "Access to the cluster": accessRules,
  "Pod Security": podSecurityRules,
  Ownership: ownershipRules,
};

/** {@link RULES_BY_SUBJECT} in one list. */
export const RULES: readonly Rule[] = Object.values(RULES_BY_SUBJECT).flat();
