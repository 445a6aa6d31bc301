import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BUILD_TIMEOUT_MS, GitOpsExport } from "./gitops-export.ts";
import { type Manifest, sorted, withoutValues } from "./manifest-lists.ts";

const STACKS = ["dev", "staging", "prod"] as const;

describe("an export for GitOps, to Flux's and Helm's own tools", function () {
  // Each export runs the program once for every stack.
  this.timeout(600_000);
  let exported: GitOpsExport;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    exported = await GitOpsExport.create("gitops-tools", ["flux", "helm"]);
    await exported.write(STACKS);
  });

  for (const stack of STACKS) {
    it(`is built for ${stack} by Flux, stage by stage, to what kustomize builds`, async () => {
      const built: Manifest[] = [];
      for (const stage of exported.stagesOf(stack)) built.push(...(await exported.builtByFlux(stack, stage)));
      assert.deepEqual(withoutValues(built), withoutValues(await exported.build(`overlays/${stack}`)));
    });
  }

  it("renders as charts, with what a release adds, to the same objects", async () => {
    const charts = await GitOpsExport.create("gitops-helm", ["helm"]);
    await charts.write(["dev"], ["--format", "helm"]);
    const rendered: Manifest[] = [];
    for (const stage of readdirSync(join(charts.folder, "chart")))
      rendered.push(...(await charts.rendered("dev", stage)));
    const built = await exported.build("overlays/dev");
    assert.deepEqual(sorted(rendered), sorted(built.filter(({ kind }) => !["Namespace", "Secret"].includes(kind))));
  });
});
