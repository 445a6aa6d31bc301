import { oneLine, type PodRule } from "./pod-troubles.ts";

/** A node has thrown a pod out. */
export const evictionTrouble: PodRule = ({ status, spec }, { target }, { ready, desired = 0 }) => {
  if (status?.phase !== "Failed" || status.reason !== "Evicted") return undefined;
  const message = oneLine(status.message ?? "");
  return {
    rule: "evicted",
    stage: "failure",
    severity: ready < desired ? "failing" : "warning",
    says: `had a pod evicted by node ${spec?.nodeName ?? ""}${whyOf(message)}`,
    seen: `Evicted: ${message}`,
    next: `${target.kubectl} describe node ${spec?.nodeName ?? ""}`,
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
