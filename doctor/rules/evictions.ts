import { oneLine, type PodRule } from "./pod-troubles.ts";

/** A node has thrown a pod out. */
export const evictionTrouble: PodRule = ({ status, spec }, { target }, { ready, desired = 0 }) => {
  if (status?.phase !== "Failed" || status.reason !== "Evicted") return undefined;
  const message = oneLine(status.message ?? "");
  const what = /low on resource: ([\w-]+)/.exec(message)?.[1];
  return {
    rule: "evicted",
    stage: "failure",
    severity: ready < desired ? "failing" : "warning",
    says: `had a pod evicted by node ${spec?.nodeName ?? ""}${what === undefined ? "" : `, which ran out of ${what}`}`,
    seen: `Evicted: ${message}`,
    next: `${target.kubectl} describe node ${spec?.nodeName ?? ""}`,
    follows: ["runs-on", "placed-on"],
  };
};
