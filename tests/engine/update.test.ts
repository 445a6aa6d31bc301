import assert from "node:assert/strict";
import { sharedCheckout } from "./fixtures.ts";

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly readyReplicas?: number };
}

describe("an update on the real engine", () => {
  it("brings every part of the dev environment up and ready", async () => {
    const { items } = await sharedCheckout().kubectl<{ items: Workload[] }>([
      "get",
      "deployments,statefulsets",
      "--namespace",
      "guestbook-dev",
    ]);
    const ready = items.map(({ kind, metadata, spec, status }) => [
      kind,
      metadata.name,
      spec.replicas,
      status.readyReplicas,
    ]);
    assert.deepEqual(
      ready.toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
      [
        ["StatefulSet", "grafana", 1, 1],
        ["StatefulSet", "guestbook-auth", 1, 1],
        ["Deployment", "guestbook-backend", 1, 1],
        ["Deployment", "guestbook-mf", 1, 1],
        ["Deployment", "guestbook-worker", 1, 1],
        ["StatefulSet", "loki", 1, 1],
        ["StatefulSet", "postgres", 1, 1],
        ["StatefulSet", "prometheus", 1, 1],
        ["StatefulSet", "redis", 1, 1],
      ],
    );
  });

  it("changes nothing when it is run again", async () => {
    const result = await sharedCheckout().terrarium(["up", "--stack", "dev"]);
    assert.equal(result.code, 0, result.stderr);
    const summary = /Resources:\n((?: {4}.*\n)+)/.exec(result.stdout + result.stderr)?.[1] ?? "";
    assert.match(summary, /^ {4}\d+ unchanged\n$/);
  });

  it("previews no change, and leaves the working tree as it was", async () => {
    const result = await sharedCheckout().terrarium(["preview", "--stack", "dev"]);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /Resources:\n {4}\d+ unchanged\n/);
  });

  it("updates only the workload and the configuration of the one service that was changed", async () => {
    const checkout = sharedCheckout();
    checkout.writeStack("change", "dev", () => undefined);
    await checkout.must(["up", "--stack", "change"]);
    checkout.writeStack("change", "dev", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { logLevel: "warn" } };
    });
    const changed = await stepsOf(checkout, "change");
    assert.deepEqual(changed, [
      "update ConfigMap guestbook-worker-config",
      "update Deployment guestbook-worker-deployment",
    ]);
    checkout.writeStack("change", "dev", (config) => {
      config["terrarium:services"] = { "guestbook-worker": { calls: ["postgres"] } };
    });
    assert.deepEqual(await stepsOf(checkout, "change"), [
      "update ConfigMap guestbook-worker-config",
      "update Deployment guestbook-worker-deployment",
      "update NetworkPolicy guestbook-worker-network-policy",
      "update NetworkPolicy redis-network-policy",
      "update Secret guestbook-worker-secret",
    ]);
    await checkout.must(["down", "--stack", "change"]);
  });
});

interface PreviewStep {
  readonly op: string;
  readonly urn: string;
}

/** What a preview would do, as "operation Kind name", without what stays as it is. */
async function stepsOf(checkout: ReturnType<typeof sharedCheckout>, stack: string): Promise<string[]> {
  const result = await checkout.run("pulumi", ["preview", "--stack", stack, "--json", "--non-interactive"]);
  assert.equal(result.code, 0, result.stderr);
  const { steps } = JSON.parse(result.stdout) as { steps: PreviewStep[] };
  return steps
    .filter(({ op }) => op !== "same")
    .map(({ op, urn }) => {
      const [, , types = "", name = ""] = urn.split("::");
      return `${op} ${types.split(":").at(-1)} ${name}`;
    })
    .toSorted();
}
