import assert from "node:assert/strict";
import { type Check, isConfined, type Matrix } from "../../../netcheck/matrix.ts";
import { openedLabel, openingPolicy } from "../../../netcheck/opening.ts";
import { appliesTo, type Endpoint, isAdmitted, type Policy, type Target } from "../network-policy-evaluator.ts";

/** Where the cluster's own pods and programs are, for predictions. */
export interface ClusterPlaces {
  readonly dnsNamespace: string;
  /** The API server behind its Service. */
  readonly apiServer: { readonly ip: string; readonly port: number };
}

const RUN = "01234567";
const DNS_POD = "10.244.9.9";

/** The canaries of a matrix and the policies that open them, beside policies of an environment. */
export class Prediction {
  readonly #places: ClusterPlaces;
  readonly #canaries: ReadonlyMap<string, Endpoint>;
  readonly #openings: readonly Policy[];

  constructor(matrix: Matrix, places: ClusterPlaces) {
    this.#places = places;
    this.#canaries = new Map(
      matrix.roles.flatMap((role, index) =>
        (["egress", "ingress"] as const).map((judged, side): [string, Endpoint] => {
          const opened = judged === "egress" ? "ingress" : "egress";
          const labels = { ...role.labels, app: "canary", ...(isConfined(role) ? openedLabel(opened, RUN) : {}) };
          return [`${role.name} ${judged}`, { ip: `10.244.${side}.${index + 1}`, namespace: role.namespace, labels }];
        }),
      ),
    );
    const namespaces = [...new Set(matrix.roles.filter(isConfined).map(({ namespace }) => namespace))];
    this.#openings = namespaces.flatMap((namespace) =>
      (["egress", "ingress"] as const).map((side) => openingPolicy(namespace, side, RUN, "me") as unknown as Policy),
    );
  }

  /** Whether a check finds its connection open under these policies. */
  isOpen(check: Check, policies: readonly Policy[]): boolean {
    const { from, to, target } = this.#connection(check);
    return isAdmitted({ policies: [...policies, ...this.#openings], namespaces: {} }, from, to, target);
  }

  /** Whether a policy has a say in what a check finds. */
  concerns(check: Check, policy: Policy): boolean {
    const { from, to } = this.#connection(check);
    return appliesTo(policy, from) || appliesTo(policy, to);
  }

  #connection(check: Check): { from: Endpoint; to: Endpoint; target: Target } {
    const judged = check.side === "both" ? "egress" : check.side;
    const from = this.#canary(check.from, judged);
    const { target, port, protocol } = check;
    const dns = { ip: DNS_POD, namespace: this.#places.dnsNamespace, labels: {} };
    const to = (to: Endpoint, at = port) => ({ from, to, target: { protocol, port: at } });
    switch (target.kind) {
      case "canary":
        return to(this.#canary(target.role, judged));
      case "address":
        return to(check.to.startsWith("beside cluster DNS") ? dns : { ip: target.host });
      case "resolver":
        return to(dns);
      case "name": {
        const { ip, port: apiPort } = this.#places.apiServer;
        if (target.host === "kubernetes.default.svc") return to({ ip }, apiPort);
        // Of the canary whose ingress is judged nothing is opened that a caller meets: it is like the real server.
        return to(this.#canary(target.host.split(".")[0] ?? "", "ingress"));
      }
    }
  }

  #canary(role: string, judged: "egress" | "ingress"): Endpoint {
    return this.#canaries.get(`${role} ${judged}`) ?? assert.fail(`${role} ${judged}`);
  }
}
