import { type Facts, list, type SeenObject } from "../facts.ts";
import { NEEDS } from "./containers.ts";
import { containersOf, eventsOf, logOf, oneLine, type PodRule } from "./pod-troubles.ts";

/** Milliseconds that a pod gets to become ready before that alone is worth a word. */
const PATIENCE_MS = 30_000;

/** What lines of programs mean that can't reach what they need. */
const SIGNS: readonly [RegExp, string][] = [
  [/EAI_AGAIN|ENOTFOUND|no such host|name resolution/i, "it can't resolve a name"],
  [/ETIMEDOUT|i\/o timeout|timed? ?out/i, "connections time out, as they do where a network policy drops them"],
  [/ECONNREFUSED|connection refused/i, "a connection is refused: nothing listens there"],
  [/password authentication failed|WRONGPASS|NOAUTH/i, "its password is refused"],
];

/** A pod runs and takes no traffic. */
export const readinessTrouble: PodRule = (pod, facts, { subject }) => {
  if (subject.kind === "Job" || pod.status?.phase !== "Running") return undefined;
  const waiting = containersOf(pod).find(({ ready, state }) => ready === false && state?.running !== undefined);
  if (waiting === undefined) return undefined;
  const probe = eventsOf(facts, pod, "Unhealthy").find((text) => !text.startsWith("Liveness"));
  const sign = signIn(logOf(facts, pod));
  if (probe === undefined && sign === undefined && isYoung(pod, facts)) return undefined;
  const isRefused = sign === undefined && /connection refused/.test(probe ?? "");
  const why = sign?.meaning ?? (isRefused ? `nothing listens where its probe asks: ${probe ?? ""}` : probe);
  return {
    rule: "not-ready",
    stage: "symptom",
    severity: "failing",
    says: `runs, and is not ready: ${why ?? "its readiness probe does not succeed"}`,
    seen: [`container ${waiting.name ?? ""} is not ready`, probe, sign?.line]
      .filter((part) => part !== undefined)
      .join(" | "),
    next: isRefused
      ? "See that port of it in the configuration is the one on which the program listens, on all addresses."
      : `${facts.target.kubectl} logs ${pod.metadata?.name ?? ""} -c ${waiting.name ?? ""} -n ${pod.metadata?.namespace ?? ""}`,
    follows: [...NEEDS, "runs-on"],
  };
};

/** A pod was given a node and does not begin: the node does not answer. */
export const silentNodeTrouble: PodRule = (pod, facts) => {
  const { nodeName } = pod.spec ?? {};
  const node = list(facts, "Node").find(({ metadata }) => metadata?.name === nodeName);
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined || ready.status === "True") return undefined;
  return {
    rule: "node-of-pod",
    stage: "symptom",
    severity: "failing",
    says: `has pods on node ${nodeName ?? ""}, which is not ready`,
    seen: `it is on node ${nodeName ?? ""}`,
    next: `${facts.target.kubectl} describe node ${nodeName ?? ""}`,
    follows: ["runs-on"],
  };
};

/** The last line that tells what a program lacks. */
export function signIn(lines: readonly string[]): { readonly meaning: string; readonly line: string } | undefined {
  for (const line of lines.toReversed()) {
    const meaning = SIGNS.find(([pattern]) => pattern.test(line))?.[1];
    if (meaning !== undefined) return { meaning, line: oneLine(line) };
  }
  return undefined;
}

/** Whether a pod has begun so lately that not being ready is no trouble. */
export function isYoung({ status }: SeenObject<"Pod">, { now }: Facts): boolean {
  return now.getTime() - Date.parse(status?.startTime ?? "") < PATIENCE_MS;
}
