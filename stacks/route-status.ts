/** What gateways say of HTTPRoutes. */
import type { ClusterObject } from "./cluster-objects.ts";

/** An HTTPRoute and whether its gateway leads to it. */
export interface RouteReport {
  readonly namespace: string;
  readonly name: string;
  /** None: all that the gateway has. */
  readonly hostnames: readonly string[];
  /** Namespace and name of the Gateway. */
  readonly gateway: string;
  /** unanswered: no gateway has said anything of the route as it is now. */
  readonly state: "accepted" | "refused" | "unanswered";
  /** Why it is refused, in the gateway's words. */
  readonly reason?: string;
}

interface Parent {
  readonly name?: string;
  readonly namespace?: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** What one controller says. */
interface Answer {
  readonly parentRef?: Parent;
  readonly conditions?: readonly Condition[];
}

/** The conditions that must hold for requests to reach the service. */
const NEEDED = ["Accepted", "ResolvedRefs"] as const;

/** What an HTTPRoute of ours, which has one parent, says. */
export function toRoute({ metadata, spec, status }: ClusterObject): RouteReport {
  const { namespace = "", name, generation = 0 } = metadata;
  const [parent = {}] = (spec?.["parentRefs"] ?? []) as readonly Parent[];
  const answers = (status?.["parents"] ?? []) as readonly Answer[];
  const conditions = answers
    .filter(({ parentRef }) => parentRef?.name === parent.name)
    .flatMap((answer) => answer.conditions ?? [])
    // What was said of an older version of the route says nothing about this one.
    .filter(({ observedGeneration }) => observedGeneration === undefined || observedGeneration >= generation);
  const refused = conditions.find(
    ({ type, status: holds }) => NEEDED.some((needed) => needed === type) && holds === "False",
  );
  const accepted = NEEDED.every((needed) =>
    conditions.some(({ type, status: holds }) => type === needed && holds === "True"),
  );
  return {
    namespace,
    name,
    hostnames: (spec?.["hostnames"] ?? []) as readonly string[],
    gateway: `${parent.namespace ?? namespace}/${parent.name ?? ""}`,
    state: refused ? "refused" : accepted ? "accepted" : "unanswered",
    ...(refused ? { reason: [refused.reason, refused.message].filter((part) => part !== "").join(": ") } : {}),
  };
}
