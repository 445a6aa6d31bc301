import type { Facts, SeenObject } from "../facts.ts";
import { subjectOf } from "../workloads.ts";
import { isRecent, lastEnd, restarts } from "./containers.ts";
import { containersOf, eventsAbout, type PodRule } from "./pod-troubles.ts";

/** What a container ends with that SIGKILL has ended. */
export const KILLED = 137;
/** The alert on memory that a service takes. */
const ALERT = "MemoryNearLimit";

type End = NonNullable<ReturnType<typeof lastEnd>>;

/**
 * A container was killed because it used more memory than its limit. A runtime that does not hear of the kernel's reason only
 * says that the container was killed: that is believed to be the reason where it has a limit, and no kubelet has ended it.
 */
export const memoryTrouble: PodRule = (pod, facts, { subject }) => {
  for (const container of containersOf(pod)) {
    const { name = "", ready } = container;
    const ended = lastEnd(container, facts);
    const limit = limitOf(pod, name);
    const isTold = ended?.reason === "OOMKilled";
    if (ended === undefined || (!isTold && (limit === undefined || !isUnexplained(ended, pod, facts)))) continue;
    const alert = facts.alerts?.find((firing) => firing.name === ALERT && firing.service === subject.name);
    return {
      rule: "out-of-memory",
      stage: "failure",
      severity: ready ? "warning" : "failing",
      says: `is ${isTold ? "" : "most likely "}killed for lack of memory: container ${name} ${limit === undefined ? "has no limit, so its pod or its node had no more" : `needs more than its limit of ${limit}`}`,
      seen: [
        `container ${name} ended with ${ended.reason ?? "Error"} (exit code ${ended.exitCode ?? KILLED})${restarts(container)}`,
        ...(isTold ? [] : ["it was killed, and no event tells that the kubelet did that"]),
        ...(alert ? [`alert ${ALERT} fires: ${alert.summary}`] : []),
      ].join(" | "),
      next: "Raise resources.limits.memory of it in the configuration, or look for what it keeps in memory.",
    };
  }
  return undefined;
};

/**
 * Whether a container was killed, and not by the kubelet: that writes events about those that it ends, because a probe fails or
 * its node is shut down. Events are not kept for ever, so an end that was long ago is not judged.
 */
function isUnexplained({ exitCode, startedAt = "", finishedAt }: End, pod: SeenObject<"Pod">, facts: Facts): boolean {
  if (exitCode !== KILLED || pod.status?.reason !== undefined || !isRecent(finishedAt, facts)) return false;
  const subject = subjectOf("Pod", pod);
  const probes = eventsAbout(facts, subject, "Unhealthy").filter(({ message = "" }) => message.startsWith("Liveness"));
  const others = eventsAbout(facts, subject, "Killing", "Preempting", "SandboxChanged");
  const isBefore = (moment: string | undefined) => Date.parse(moment ?? "") < Date.parse(startedAt);
  return [...probes, ...others].every(({ lastTimestamp }) => isBefore(lastTimestamp));
}

function limitOf({ spec }: SeenObject<"Pod">, container: string): string | undefined {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.find(({ name }) => name === container)?.resources?.limits?.["memory"];
}
