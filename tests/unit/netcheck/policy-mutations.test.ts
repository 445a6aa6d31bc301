import assert from "node:assert/strict";
import fc from "fast-check";
import { toMatrix } from "../../../netcheck/matrix.ts";
import { resolveEnvironment, TIERS, type EnvironmentSpec } from "../../../spec/index.ts";
import { description } from "../components/declared-network.ts";
import { guestbookSpec, recordEnvironment } from "../components/guestbook.ts";
import { admits, appliesTo, type Endpoint, type Policy } from "../network-policy-evaluator.ts";
import { mutationsOf, wideningOf } from "./policy-mutations.ts";
import { Prediction } from "./predicted-verdicts.ts";

const API_SERVER = { ip: "172.18.0.2", port: 6443 };

/** What came of all mutations of an environment's policies. */
interface Outcome {
  readonly found: readonly string[];
  /** Nothing in the cluster changes: another policy says the same. */
  readonly neutral: readonly string[];
  readonly missed: readonly string[];
}

async function mutateAll(spec: EnvironmentSpec): Promise<Outcome> {
  const apiServer = [{ cidr: `${API_SERVER.ip}/32`, port: API_SERVER.port }];
  const { recording } = await recordEnvironment({ spec, facts: { serviceMonitors: false, apiServer } });
  const policies = recording.all("NetworkPolicy").map(({ object }) => object as unknown as Policy);
  const dnsNamespace = spec.network?.dnsNamespace ?? "kube-system";
  const matrix = toMatrix(resolveEnvironment(spec), {
    namespaces: { foreign: "canary-test-01234567", existing: ["ingress-nginx", "gateway", "monitoring", dnsNamespace] },
    outside: { address: "203.0.113.2", ports: [443, 80] },
    apiServer,
    neighbours: {
      "beside cluster DNS": { address: "10.244.9.9", ports: [9153] },
      "beside Kubernetes API": { address: API_SERVER.ip, ports: [10250] },
    },
    serviceMonitors: false,
  });
  const prediction = new Prediction(matrix, { dnsNamespace, apiServer: API_SERVER });
  const endpoints = [
    ...matrix.roles.map(({ namespace, labels }, index): Endpoint => ({ ip: `10.244.0.${index}`, namespace, labels })),
    { ip: "10.244.9.9", namespace: dnsNamespace, labels: { "k8s-app": "kube-dns" } },
    { ip: "10.244.9.8", namespace: "default", labels: { app: "anything" } },
    ...["203.0.113.2", "192.168.0.1", API_SERVER.ip].map((ip) => ({ ip })),
  ];
  const ports = [...new Set([...matrix.checks.map(({ port }) => port), API_SERVER.port, 22])];
  const verdicts = new Map(matrix.checks.map((check) => [check, prediction.isOpen(check, policies)]));
  const widening = wideningOf(matrix, dnsNamespace);
  const outcome = { found: [] as string[], neutral: [] as string[], missed: [] as string[] };
  for (const { policy, what, mutated } of policies.flatMap((each) => mutationsOf(each, widening))) {
    const { name } = policy.metadata;
    const changed = policies.flatMap((other) => (other === policy ? (mutated ?? []) : other));
    const isFound = matrix.checks.some(
      (check) =>
        (prediction.concerns(check, policy) || (mutated && prediction.concerns(check, mutated))) &&
        prediction.isOpen(check, changed) !== verdicts.get(check),
    );
    if (isFound) {
      outcome.found.push(`${name}: ${what}`);
      continue;
    }
    const selected = endpoints.filter((end) => appliesTo(policy, end) || (mutated && appliesTo(mutated, end)));
    const [before, after] = [policies, changed].map((these) => situation(these, selected, endpoints, ports));
    outcome[before === after ? "neutral" : "missed"].push(`${name}: ${what}`);
  }
  return outcome;
}

/** Everything that policies say about some pods, whoever is on the other side. */
function situation(
  policies: readonly Policy[],
  pods: readonly Endpoint[],
  others: readonly Endpoint[],
  ports: readonly number[],
): string {
  const world = { policies, namespaces: {} };
  const bits = pods.flatMap((pod) =>
    others.flatMap((other) =>
      ports.flatMap((port) =>
        (["TCP", "UDP"] as const).flatMap((protocol) =>
          (["Ingress", "Egress"] as const).map(
            (side) => pod === other || admits(world, side, pod, other, { protocol, port }),
          ),
        ),
      ),
    ),
  );
  return bits.map(Number).join("");
}

describe("Every change of a generated policy", () => {
  for (const tier of TIERS) {
    it(`of the guestbook in tier ${tier} is found`, async () => {
      const { found, neutral, missed } = await mutateAll(guestbookSpec(tier));
      assert.ok(found.length > 500, String(found.length));
      assert.deepEqual(missed, []);
      // Servers with a NodePort admit all, so that what their other rules say does not matter.
      const redundant = tier === "dev" ? / rule / : /: and /;
      const others = neutral.filter((line) => !redundant.test(line) && !/type (In|E)gress dropped$/.test(line));
      assert.deepEqual(others, []);
    }).timeout(180_000);
  }

  it("is found in any environment", async () => {
    await fc.assert(
      fc.asyncProperty(description, async (choice) => {
        const { missed } = await mutateAll(choice as unknown as EnvironmentSpec);
        assert.deepEqual(missed, []);
      }),
      { numRuns: 3 },
    );
  }).timeout(180_000);
});
