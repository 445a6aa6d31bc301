import type { Facts } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { nameOf } from "../workloads.ts";

/** Routes that their gateway does not lead to. */
export const unreachedRoutes: Rule = (facts) => (facts.routes ?? []).flatMap((route) => findingOf(route, facts));

function findingOf({ namespace, name, gateway, state, reason }: RouteOf, facts: Facts): Finding[] {
  if (state === "accepted") return [];
  const about = { kind: "HTTPRoute", namespace, name };
  const shared = { about, stage: "failure", severity: "failing" } as const;
  const { kubectl } = facts.target;
  if (state === "refused") {
    return [
      {
        ...shared,
        rule: "route-refused",
        says: `${nameOf(about, facts)} is refused by the Gateway ${gateway}: requests from outside do not reach ${name}.`,
        evidence: [reason ?? "it gives no reason"],
        next: `${kubectl} describe httproute ${name} -n ${namespace}`,
      },
    ];
  }
  const [gatewayNamespace = "", gatewayName = ""] = gateway.split("/");
  return [
    {
      ...shared,
      rule: "route-unanswered",
      says: `No gateway leads to ${nameOf(about, facts)}: nobody has answered for it as the Gateway ${gateway}.`,
      evidence: ["its status has no conditions for its present version"],
      next: `${kubectl} describe gateway ${gatewayName} -n ${gatewayNamespace}`,
    },
  ];
}

type RouteOf = NonNullable<Facts["routes"]>[number];
