import assert from "node:assert/strict";
import { sharedCheckout } from "./fixtures.ts";

interface Workload {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly resources: unknown }[] } };
  };
  readonly status: { readonly readyReplicas: number };
}

describe("the tiers on the real engine", () => {
  before(async () => {
    await sharedCheckout().must(["up", "--stack", "staging"]);
    await sharedCheckout().must(["up", "--stack", "prod"]);
  });

  after(async () => {
    await sharedCheckout().must(["down", "--stack", "staging", "--delete-data"]);
  });

  for (const [stack, replicas, memory, cpu] of [
    ["dev", 1, ["128Mi", "256Mi"], ["50m", "100m"]],
    ["staging", 2, ["256Mi", "512Mi"], ["100m", "200m"]],
    ["prod", 3, ["512Mi", "1Gi"], ["250m", "500m"]],
  ] as const) {
    it(`runs ${replicas} ready replicas with the resources of ${stack}`, async () => {
      const worker = await sharedCheckout().kubectl<Workload>([
        "get",
        "deployment",
        "guestbook-worker",
        "--namespace",
        `guestbook-${stack}`,
      ]);
      assert.equal(worker.spec.replicas, replicas);
      assert.equal(worker.status.readyReplicas, replicas);
      assert.deepEqual(worker.spec.template.spec.containers[0]?.resources, {
        requests: { memory: memory[0], cpu: cpu[0], "ephemeral-storage": "64Mi" },
        limits: { memory: memory[1], cpu: cpu[1], "ephemeral-storage": "1Gi" },
      });
    });
  }

  it("routes, scales and backs up outside dev only", async () => {
    const checkout = sharedCheckout();
    const names = async (kind: string, stack: string) => {
      const { items } = await checkout.kubectl<{ items: { metadata: { name: string } }[] }>([
        "get",
        kind,
        "--namespace",
        `guestbook-${stack}`,
      ]);
      return items.map((item) => item.metadata.name);
    };
    assert.deepEqual(await names("httproutes", "dev"), []);
    assert.deepEqual(await names("httproutes", "prod"), ["guestbook-backend", "guestbook-mf"]);
    assert.deepEqual(await names("hpa", "staging"), []);
    assert.deepEqual(await names("hpa", "prod"), ["guestbook-backend", "guestbook-mf"]);
    assert.deepEqual(await names("cronjobs", "dev"), []);
    assert.deepEqual(await names("cronjobs", "staging"), ["postgres-backup"]);
  });

  it("refuses to destroy production data until it is released by word, and then destroys it", async () => {
    const checkout = sharedCheckout();
    const refused = await checkout.terrarium(["down", "--stack", "prod"]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /--delete-data/);
    const postgres = await checkout.kubectl<Workload>([
      "get",
      "statefulset",
      "postgres",
      "--namespace",
      "guestbook-prod",
    ]);
    assert.equal(postgres.status.readyReplicas, 1);
    await checkout.must(["down", "--stack", "prod", "--delete-data"]);
    const left = await checkout.run("kubectl", ["get", "namespace", "guestbook-prod", "guestbook-prod-logs"]);
    assert.match(left.stderr, /"guestbook-prod" not found[^]*"guestbook-prod-logs" not found/);
  });
});
