import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { sharedCheckout } from "./fixtures.ts";

describe("the examples", () => {
  for (const [what, stack, file, count] of [
    ["bring a team's own services up", "shop", "examples/minimal/Pulumi.shop.yaml", 3],
    ["bring a service from source up", "notes", "examples/source-app/Pulumi.notes.yaml", 2],
  ] as const) {
    it(`${what} from stack configuration alone`, async () => {
      const checkout = sharedCheckout();
      copyFileSync(join(checkout.folder, file), join(checkout.folder, `Pulumi.${stack}.yaml`));
      const report = JSON.parse(await checkout.must(["up", "--stack", stack, "-o", "json"])) as {
        workloads: { name: string; ready: number; desired: number }[];
      };
      assert.ok(report.workloads.length >= count);
      for (const { name, ready, desired } of report.workloads) assert.deepEqual([name, ready], [name, desired]);
      await checkout.must(["down", "--stack", stack]);
    });
  }

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
