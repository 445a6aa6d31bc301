import { eventsOf, oneLine, type PodRule } from "./pod-troubles.ts";

/** A node has thrown a pod out. */
export const evictionTrouble: PodRule = (pod, facts, { ready, desired = 0 }) => {
  const { status, spec } = pod;
  // The kubelet tells of it before it has ended the pod.
  const told = status?.reason === "Evicted" ? status.message : eventsOf(facts, pod, "Evicted")[0];
  if (told === undefined) return undefined;
  const message = oneLine(told);
  return {
    rule: "evicted",
    stage: "failure",
    severity: ready < desired ? "failing" : "warning",
    says: `had a pod evicted by node ${spec?.nodeName ?? ""}${whyOf(message)}`,
    seen: `Evicted: ${message}`,
    next: `${facts.target.kubectl} describe node ${spec?.nodeName ?? ""}`,
    follows: ["runs-on", "placed-on"],
  };
};

/** What the kubelet gives as its reason: the node is short of something, or the pod has more than it may. */
function whyOf(message: string): string {
  const [, resource] = /low on resource: ([\w-]+)/.exec(message) ?? [];
  if (resource !== undefined) return `, which ran out of ${resource}`;
  const [, volume, size] = /EmptyDir volume "([^"]*)" exceeds the limit "([^"]*)"/.exec(message) ?? [];
  if (volume !== undefined) return `: its volume "${volume}" holds more than its limit of ${size ?? ""}`;
  const [, limit] = /ephemeral[ -](?:local )?storage .*?"?(\d[\d.]*\w*)"?\. ?$/.exec(message) ?? [];
  return limit === undefined ? "" : `: it has written more to the node's disk than its limit of ${limit}`;
}
