import assert from "node:assert/strict";
import { OwnEnvironment } from "./own-environment.ts";
import { unique } from "./stack.ts";

interface Policy {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly ingress: readonly object[] };
}

/** What netcheck prints as JSON, as far as it is asked about here. */
interface Report {
  readonly checks: readonly Readonly<Record<"from" | "to" | "side" | "expected" | "got", string> & { port: number }>[];
}

const environment = new OwnEnvironment("policies");
const { namespace, run, read } = environment.objects;

/** Keeps a policy's own rules on it while they are changed, so that a run that was killed leaves nothing behind. */
const OWN_RULES = "terrarium.dev/own-rules";

async function setRules(name: string, ingress: readonly object[], own: readonly object[] | null): Promise<void> {
  const annotations = { [OWN_RULES]: own && JSON.stringify(own) };
  const patch = JSON.stringify({ metadata: { annotations }, spec: { ingress } });
  await run(["patch", "networkpolicy", name, "--type=merge", "--patch", patch]);
}

/** Takes the first rule for callers away from a policy. */
async function deleteRule(name: string): Promise<void> {
  const { spec } = await read<Policy>("networkpolicy", name);
  await setRules(name, spec.ingress.slice(1), spec.ingress);
}

/** Opens one side of a connection. */
async function open(side: "egress" | "ingress", from: string, to: string, port: number): Promise<void> {
  const [caller, callee] = [from, to].map((name) => ({ matchLabels: { "app.kubernetes.io/name": name } }));
  const ports = [{ port, protocol: "TCP" }];
  const spec =
    side === "egress"
      ? { podSelector: caller, policyTypes: ["Egress"], egress: [{ to: [{ podSelector: callee }], ports }] }
      : { podSelector: callee, policyTypes: ["Ingress"], ingress: [{ from: [{ podSelector: caller }], ports }] };
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: unique(side), namespace, labels: { test: "cluster" } },
    spec,
  };
  await run(["create", "-f", "-"], JSON.stringify(policy));
}

/** Undoes what {@link deleteRule} and {@link open} did, in this run or in one that was killed. */
async function undo(): Promise<void> {
  const { items } = await read<{ items: Policy[] }>("networkpolicies");
  for (const { metadata } of items) {
    const own = metadata.annotations?.[OWN_RULES];
    if (own !== undefined) await setRules(metadata.name, JSON.parse(own) as object[], null);
  }
  await run(["delete", "networkpolicies", "--selector", "test=cluster"]);
}

/** Connections that are not as declared, as "from to port, side: expected got". */
async function differences(): Promise<string[]> {
  const failed = await environment
    .terrarium("netcheck", "--output", "json", "--only-differences")
    .catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
  assert.ok("code" in failed && failed.code === 1 && failed.stdout !== "", JSON.stringify(failed));
  const { checks } = JSON.parse(failed.stdout) as Report;
  const lines = checks.map(
    ({ from, to, port, side, expected, got }) => `${from} ${to} ${port}, ${side}: ${expected} ${got}`,
  );
  return [...new Set(lines)].sort();
}

describe("netcheck in an environment whose policies were changed behind its back", () => {
  let found: string[] = [];

  before(async () => {
    await undo();
    try {
      await deleteRule("server");
      await open("egress", "client", "redis", 6379);
      await open("ingress", "client", "redis", 6379);
      await open("egress", "server", "redis", 6379);
      found = await differences();
    } finally {
      await undo();
    }
  });

  it("tells that a declared connection is closed, when a rule was deleted, and on which side", () => {
    const closed = found.filter((line) => line.endsWith("open closed"));
    assert.deepEqual(closed, [
      "client server 8080, ingress: open closed",
      "client service/server 8080, both: open closed",
    ]);
  });

  it("tells that a connection is open that nobody declared", () => {
    const opened = found.filter((line) => line.startsWith("client redis"));
    assert.deepEqual(opened, ["client redis 6379, egress: closed open", "client redis 6379, ingress: closed open"]);
  });

  it("tells that one side is open, also where the other one closes the connection", () => {
    const opened = found.filter((line) => line.startsWith("server redis"));
    assert.deepEqual(opened, ["server redis 6379, egress: closed open"]);
  });

  it("tells of nothing else", () => {
    assert.equal(found.length, 5, found.join("\n"));
  });
});
