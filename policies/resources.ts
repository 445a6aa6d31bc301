import { containerRule, when, type ObjectRule } from "./rule.ts";

/** What every container says of cpu and memory. */
const RESOURCES = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "cpu"],
  ["limits", "memory"],
] as const;

/** Rules about what containers may take. */
export const resourceRules: readonly ObjectRule[] = [
  containerRule(
    {
      name: "requests-and-limits",
      title: "Containers say how much cpu and memory they need, and how much they may take.",
      why: "Requests are what the scheduler finds room for; limits keep one container from taking what others need.",
      fix: "Set them for the container, or for the whole pod in spec.resources",
    },
    ({ field, role }, { spec }) => {
      // An ephemeral container can't have any: it takes what the pod has left.
      if (role === "ephemeral") return [];
      const resources = field.at("resources");
      const absent = RESOURCES.filter((place) =>
        [resources, spec.at("resources")].every((owner) => owner.at(...place).isMissing),
      );
      const names = absent.map((place) => place.join("."));
      return when(absent.length > 0, resources, `lacks ${names.join(", ")}`);
    },
  ),
];
