import assert from "node:assert/strict";
import { sharedCheckout } from "./fixtures.ts";

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: { readonly containers: readonly Record<string, unknown>[] };
}

describe("admission on the real API server", () => {
  it("enforces Pod Security restricted in the environment's namespace and lets every pod of ours in", async () => {
    const checkout = sharedCheckout();
    const namespace = await checkout.kubectl<{ metadata: { labels: Record<string, string> } }>([
      "get",
      "namespace",
      "guestbook-dev",
    ]);
    assert.equal(namespace.metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
    const { items } = await checkout.kubectl<{ items: Pod[] }>(["get", "pods", "--namespace", "guestbook-dev"]);
    assert.ok(items.length >= 10, `only ${items.length} pods`);
  });

  it("refuses a pod of ours once one hardening field is taken away", async () => {
    const checkout = sharedCheckout();
    const { items } = await checkout.kubectl<{ items: Pod[] }>([
      "get",
      "pods",
      "--namespace",
      "guestbook-dev",
      "--selector",
      "app.kubernetes.io/name=guestbook-mf",
    ]);
    const [pod] = items;
    assert.ok(pod);
    const weakened = structuredClone(pod) as Pod & { metadata: { name: string } };
    const result = await checkout.run("kubectl", [
      "create",
      "--namespace",
      "guestbook-dev",
      "--dry-run=server",
      "-f",
      checkout.write("weakened.json", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "weakened" },
        spec: {
          ...weakened.spec,
          nodeName: undefined,
          containers: weakened.spec.containers.map((container) => ({
            ...container,
            securityContext: { allowPrivilegeEscalation: true },
          })),
        },
      }),
    ]);
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /violates PodSecurity "restricted:v1\.34": allowPrivilegeEscalation != false/);
  });

  it("validates every rendered object of every stack, strictly and on the server", async () => {
    const checkout = sharedCheckout();
    for (const stack of ["dev", "staging", "prod"]) {
      const out = `rendered-${stack}`;
      await checkout.must(["render", "--stack", stack, "--out", out]);
      const namespace = await checkout.run("kubectl", ["create", "namespace", `guestbook-${stack}`]);
      assert.ok(namespace.code === 0 || namespace.stderr.includes("already exists"), namespace.stderr);
      await checkout.run("kubectl", ["create", "namespace", `guestbook-${stack}-logs`]);
      const result = await checkout.run("kubectl", [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--validate=strict",
        "--recursive",
        "-f",
        `${out}/guestbook-${stack}`,
        "-f",
        `${out}/guestbook-${stack}-logs`,
      ]);
      assert.equal(result.code, 0, result.stderr);
      assert.doesNotMatch(result.stderr, /would violate PodSecurity|Warning/);
      if (stack !== "dev")
        await checkout.run("kubectl", [
          "delete",
          "namespace",
          `guestbook-${stack}`,
          `guestbook-${stack}-logs`,
          "--wait=true",
        ]);
    }
  });
});
