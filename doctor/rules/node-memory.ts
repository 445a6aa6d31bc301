import type { SeenObject } from "../facts.ts";
import { lastEnd, restarts } from "./containers.ts";
import { KILLED } from "./memory.ts";
import { containersOf, eventsAbout, oneLine, type PodRule } from "./pod-troubles.ts";

/** Milliseconds that lie at most between a kernel's word of what it ended and a runtime's. */
const NEAR_MS = 10_000;

/**
 * A container was killed because its node had no memory left, and not for its own limit: the kubelet writes an event about the
 * node only where no container's limit was the reason. Its kernel ends first what uses most beyond what it asks for.
 */
export const nodeMemoryTrouble: PodRule = (pod, facts) => {
  const node = pod.spec?.nodeName ?? "";
  for (const container of containersOf(pod)) {
    const ended = lastEnd(container, facts);
    if (ended?.reason !== "OOMKilled" && ended?.exitCode !== KILLED) continue;
    const told = eventsAbout(facts, { kind: "Node", name: node }, "SystemOOM").find((event) =>
      isAround(event, ended.finishedAt),
    );
    if (told === undefined) continue;
    return {
      rule: "killed-for-node",
      stage: "symptom",
      severity: container.ready ? "warning" : "failing",
      says: `was killed by node ${node}, which ran out of memory: container ${container.name ?? ""}`,
      seen: [
        `container ${container.name ?? ""} ended with ${ended.reason ?? "Error"} at ${ended.finishedAt ?? "an unknown time"}${restarts(container)}`,
        `SystemOOM of node ${node}: ${oneLine(told.message ?? "")}`,
      ].join(" | "),
      next: "Raise resources.requests.memory of it in the configuration to what it uses, so that it gets a node that has that much.",
      follows: ["runs-on"],
    };
  }
  return undefined;
};

/** Whether something was while an event was seen, for the first time to the last. */
function isAround({ firstTimestamp, lastTimestamp }: SeenObject<"Event">, moment: string | undefined): boolean {
  const at = Date.parse(moment ?? "");
  const last = Date.parse(lastTimestamp ?? "");
  const first = firstTimestamp === undefined ? last : Date.parse(firstTimestamp);
  return at >= first - NEAR_MS && at <= last + NEAR_MS;
}
