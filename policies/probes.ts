import { containerRule, when, type ObjectRule } from "./rule.ts";

/** Rules about how the cluster learns whether containers work. */
export const probeRules: readonly ObjectRule[] = [
  probeRule("liveness", "A container that hangs is restarted only when somebody notices."),
  probeRule(
    "readiness",
    "A pod that can't serve yet, or any more, is sent requests, and a rollout goes on as if it could.",
  ),
];

/** Containers of jobs end by themselves; init containers and sidecars serve nobody. */
function probeRule(kind: "liveness" | "readiness", why: string): ObjectRule {
  return containerRule(
    {
      name: `${kind}-probe`,
      title: `Containers that run on have a ${kind} probe.`,
      why,
      fix: `Give the container a ${kind}Probe: an HTTP path, a port or a command that tells`,
    },
    ({ field, role }, { isLongRunning }) => {
      const probe = field.at(`${kind}Probe`);
      return when(isLongRunning && role === "main" && probe.isMissing, probe, "is missing");
    },
  );
}
