import { NEEDS } from "./containers.ts";
import { logOf, type PodRule } from "./pod-troubles.ts";
import { isYoung, signIn } from "./readiness.ts";

/** A pod waits for a container that has to end before its others begin, and does not. */
export const initTrouble: PodRule = (pod, facts) => {
  const { metadata, spec, status } = pod;
  // One that is restarted always serves the others beside them.
  const ending = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy !== "Always");
  const running = status?.initContainerStatuses?.find(
    ({ name, state }) => state?.running !== undefined && ending.some((container) => container.name === name),
  );
  if (running === undefined) return undefined;
  const { name = "", state } = running;
  const sign = signIn(logOf(facts, pod, name));
  if (sign === undefined && isYoung(pod, facts)) return undefined;
  const since = `it has run since ${state?.running?.startedAt ?? "an unknown time"}`;
  return {
    rule: "init-container",
    stage: "symptom",
    severity: "failing",
    says: `waits for its init container ${name} to end: ${sign?.meaning ?? since}`,
    seen: [`init container ${name}: ${since}`, ...(sign ? [sign.line] : [])].join(" | "),
    next: `${facts.target.kubectl} logs ${metadata?.name ?? ""} -c ${name} -n ${metadata?.namespace ?? ""}`,
    follows: [...NEEDS, "runs-on"],
  };
};
