import assert from "node:assert/strict";
import { sharedCheckout } from "./fixtures.ts";
import { BUILD_TIMEOUT_MS, GitOpsExport } from "./gitops-export.ts";

describe("an export for GitOps that is made again", function () {
  this.timeout(BUILD_TIMEOUT_MS);

  it("changes in a stack's overlay alone when the stack is changed where it differs from the others", async () => {
    const scale = (replicas: number) => {
      sharedCheckout().writeStack("scaled", "prod", (config) => {
        (config["terrarium:services"] as Record<string, object>)["guestbook-worker"] = { replicas };
      });
    };
    scale(4);
    const changing = await GitOpsExport.create("gitops-changing");
    await changing.write(["dev", "scaled"]);
    const before = new Map(changing.files().map((file) => [file, changing.text(file)]));
    scale(5);
    await changing.write(["dev", "scaled"]);
    const changed = changing.files().filter((file) => before.get(file) !== changing.text(file));
    assert.deepEqual(changed, ["overlays/scaled/services/kustomization.yaml"]);
  });
});
