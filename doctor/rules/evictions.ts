import { isRecent } from "./containers.ts";
import { eventsOf, oneLine, type PodRule } from "./pod-troubles.ts";

/** What kubelets call otherwise than people do. */
const RESOURCES: Readonly<Partial<Record<string, string>>> = {
  "ephemeral-storage": "disk space",
  inodes: "places for files on its disk",
  pids: "process numbers",
};

/** A node has thrown a pod out. */
export const evictionTrouble: PodRule = (pod, facts, { ready, desired = 0 }) => {
  const { status, spec } = pod;
  // The kubelet tells of it before it has ended the pod.
  const told = status?.reason === "Evicted" ? status.message : eventsOf(facts, pod, "Evicted")[0];
  // What was evicted stays to be seen, for days.
  const at = status?.conditions?.find(({ type }) => type === "DisruptionTarget")?.lastTransitionTime;
  if (told === undefined || (ready >= desired && !isRecent(at, facts))) return undefined;
  const message = oneLine(told);
  const { nodeName = "" } = spec ?? {};
  const { why, next = `${facts.target.kubectl} describe node ${nodeName}` } = reasonOf(message);
  return {
    rule: "evicted",
    stage: "failure",
    severity: ready < desired ? "failing" : "warning",
    says: `had a pod evicted by node ${nodeName}${why}`,
    seen: `Evicted: ${message}`,
    next,
    follows: ["runs-on", "placed-on"],
  };
};

/** What the kubelet gives as its reason: the node is short of something, or the pod has more than it may. */
function reasonOf(message: string): { readonly why: string; readonly next?: string } {
  const [, resource] = /low on resource: ([\w-]+)/.exec(message) ?? [];
  if (resource === "memory") {
    const next =
      "Raise resources.requests.memory of it in the configuration to what it uses: who uses more than it asks for is evicted first.";
    return { why: ", which ran out of memory", next };
  }
  if (resource !== undefined) return { why: `, which ran out of ${RESOURCES[resource] ?? resource}` };
  const next = "Write less to /tmp and to the log, or ask for a volume in the configuration.";
  const [, volume, size] = /EmptyDir volume "([^"]*)" exceeds the limit "([^"]*)"/.exec(message) ?? [];
  if (volume !== undefined) return { why: `: its volume "${volume}" holds more than its limit of ${size ?? ""}`, next };
  const [, limit] = /ephemeral[ -](?:local )?storage .*?"?(\d[\d.]*\w*)"?\. ?$/.exec(message) ?? [];
  if (limit === undefined) return { why: "" };
  return { why: `: it has written more to the node's disk than its limit of ${limit}`, next };
}
