import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { sharedCheckout } from "./fixtures.ts";

describe("the examples", () => {
  it("bring a team's own services up from stack configuration alone", async () => {
    const checkout = sharedCheckout();
    copyFileSync(join(checkout.folder, "examples/minimal/Pulumi.shop.yaml"), join(checkout.folder, "Pulumi.shop.yaml"));
    const report = JSON.parse(await checkout.must(["up", "--stack", "shop", "-o", "json"])) as {
      workloads: { name: string; ready: number; desired: number }[];
    };
    assert.ok(report.workloads.length >= 3);
    for (const { name, ready, desired } of report.workloads) assert.deepEqual([name, ready], [name, desired]);
    await checkout.must(["down", "--stack", "shop"]);
  });

  it("build an environment in TypeScript, with the same checks and an escape hatch", async () => {
    const checkout = sharedCheckout();
    const example = join(checkout.folder, "examples/typescript");
    const env = await checkout.environment();
    const pulumi = (args: readonly string[]) =>
      checkout.runWith(env, "pulumi", ["--cwd", example, "--non-interactive", ...args]);
    assert.equal((await pulumi(["stack", "init", "code"])).code, 0);
    try {
      const context = (await checkout.run("kubectl", ["config", "current-context"])).stdout.trim();
      assert.equal((await pulumi(["config", "set", "--stack", "code", "context", context])).code, 0);
      const up = await pulumi(["up", "--yes", "--skip-preview", "--stack", "code", "--parallel", "64"]);
      assert.equal(up.code, 0, up.stdout + up.stderr);
      const worker = await checkout.kubectl<{ spec: { template: { spec: { tolerations?: unknown[] } } } }>([
        "get",
        "deployment",
        "mail-worker",
        "--namespace",
        "shop-code",
      ]);
      assert.equal(worker.spec.template.spec.tolerations?.length, 1, "the escape hatch has set a toleration");
      const destroyed = await pulumi(["destroy", "--yes", "--skip-preview", "--stack", "code", "--parallel", "64"]);
      assert.equal(destroyed.code, 0, destroyed.stdout + destroyed.stderr);
    } finally {
      await pulumi(["stack", "rm", "code", "--yes", "--force"]);
    }
  });
});
