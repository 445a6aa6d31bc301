import { containerRule, type ObjectRule } from "./rule.ts";

/** What every container says of cpu and memory. */
const RESOURCES = ["requests", "limits"].flatMap((bound) => [
  [bound, "cpu"],
  [bound, "memory"],
]) as readonly (readonly [string, string])[];

/** Rules about what containers may take. */
export const resourceRules: readonly ObjectRule[] = [
  containerRule(
    {
      name: "requests-and-limits",
      title: "Containers say how much cpu and memory they need, and how much they may take.",
      why: "Requests are what the scheduler finds room for; limits keep one container from taking what others need.",
      fix: "Set it for the container, or for the whole pod in spec.resources",
    },
    ({ field, role }, { spec }) =>
      // An ephemeral container can't have any: it takes what the pod has left.
      (role === "ephemeral" ? [] : RESOURCES)
        .filter((place) => field.at("resources", ...place).isMissing && spec.at("resources", ...place).isMissing)
        .map((place) => ({ at: field.at("resources", ...place), problem: "is missing" })),
  ),
];
