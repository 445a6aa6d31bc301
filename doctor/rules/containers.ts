import type { Facts, SeenObject } from "../facts.ts";
import type { Relation } from "../finding.ts";
import { type ContainerStatus, containersOf, eventsOf, logOf, oneLine, type PodRule } from "./pod-troubles.ts";

/** Milliseconds for which a container that runs again after it ended badly still counts. */
const RECENT_MS = 15 * 60_000;

/** What a program that ends by itself may lack. */
export const NEEDS: readonly Relation[] = ["uses", "calls", "backed-by", "guarded-by", "resolves-with", "migrated-by"];

/** What the kubelet says of containers that it can't even start. */
const NOT_STARTED = new Set(["StartError", "ContainerCannotRun", "RunContainerError", "CreateContainerError"]);

/** A container's program can't be started. */
export const startTrouble: PodRule = (pod, facts) => {
  for (const container of containersOf(pod)) {
    const { waiting } = container.state ?? {};
    const ended = lastEnd(container, facts);
    const found = [waiting, ended].find((state) => NOT_STARTED.has(state?.reason ?? ""));
    if (found === undefined) continue;
    const message = oneLine(found.message ?? ended?.message ?? "");
    return {
      rule: "wrong-command",
      stage: "failure",
      severity: "failing",
      says: `has a container that can't be started: ${programIn(message) ?? found.reason ?? ""}`,
      seen: `container ${container.name ?? ""}: ${found.reason ?? ""}: ${message}`,
      next: "Correct command and args of it in the configuration; they must name a program of the image.",
    };
  }
  return undefined;
};

/** The kubelet can't put a container together: mostly a key of a Secret or a ConfigMap is missing. */
export const configurationTrouble: PodRule = (pod) => {
  for (const { name = "", state } of containersOf(pod)) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (reason !== "CreateContainerConfigError") continue;
    return {
      rule: "container-configuration",
      stage: "symptom",
      severity: "failing",
      says: `has a container that can't be put together: ${oneLine(message)}`,
      seen: `container ${name} waits with ${reason}: ${oneLine(message)}`,
      next: "Correct what the message names.",
      follows: ["uses"],
    };
  }
  return undefined;
};

/** A container's program ends again and again. */
export const crashTrouble: PodRule = (pod, facts, { subject }) => {
  // What becomes of a Job's pods is the Job's to say.
  if (subject.kind === "Job") return undefined;
  for (const container of containersOf(pod)) {
    const ended = lastEnd(container, facts);
    const again = container.state?.waiting?.reason === "CrashLoopBackOff";
    const killed = ended && failedProbe(facts, pod);
    // A program that is told to end does so well, whatever it was told for.
    if (!again && killed === undefined && (ended?.exitCode ?? 0) === 0) continue;
    const last = logOf(facts, pod, container.name).slice(-3);
    return {
      rule: "crash",
      stage: "failure",
      severity: container.ready ? "warning" : "failing",
      says: killed
        ? `is ended again and again, because its ${killed.isStartup ? "startup" : "liveness"} probe fails: ${killed.message}`
        : `ends again and again: container ${container.name ?? ""} exits with code ${ended?.exitCode ?? "unknown"}${lastWord(last)}`,
      seen: [
        `container ${container.name ?? ""} ended with ${ended?.reason ?? "Error"}${restarts(container)}`,
        ...last,
      ].join(" | "),
      next: `${facts.target.kubectl} logs ${pod.metadata?.name ?? ""} -c ${container.name ?? ""} --previous -n ${pod.metadata?.namespace ?? ""}`,
      follows: NEEDS,
    };
  }
  return undefined;
};

/** How a container ended, when it has not run well for a while since. */
export function lastEnd({ state, lastState, ready }: ContainerStatus, facts: Facts) {
  const ended = state?.terminated ?? lastState?.terminated;
  return ended === undefined || (ready && !isRecent(ended.finishedAt, facts)) ? undefined : ended;
}

/** Whether something was a short while ago; what has no moment was. */
export function isRecent(moment: string | undefined, { now }: Facts): boolean {
  return !(now.getTime() - Date.parse(moment ?? "") > RECENT_MS);
}

/** How often a container was started anew, as the end of a line. */
export function restarts({ restartCount = 0 }: ContainerStatus): string {
  return restartCount === 0 ? "" : `, restarted ${restartCount} times`;
}

/** The probe because of which the kubelet ends a container. While a program starts, its startup probe may fail for a while. */
function failedProbe(facts: Facts, pod: SeenObject<"Pod">) {
  const isStartup = eventsOf(facts, pod, "Killing").some((text) => /failed startup probe/.test(text));
  const message = eventsOf(facts, pod, "Unhealthy").find((text) => text.startsWith(isStartup ? "Startup" : "Liveness"));
  return message === undefined ? undefined : { isStartup, message };
}

function programIn(message: string): string | undefined {
  return /exec: "[^"]*": [^:]+(?=:|$)|exec \S+: [^:]+$/.exec(message)?.[0];
}

function lastWord(lines: readonly string[]): string {
  const line = lines.findLast((text) => /error|fatal|fail|cannot|can't|refus/i.test(text)) ?? lines.at(-1);
  return line === undefined ? "" : ` (${oneLine(line)})`;
}
