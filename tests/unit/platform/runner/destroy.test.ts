import assert from "node:assert/strict";
import { join } from "node:path";
import { destroy } from "../../../../platform/runner/destroy.ts";
import { SecretValues } from "../../../../platform/runner/secret-values.ts";
import type { OperationTask } from "../../../../platform/runner/task.ts";
import { folderState } from "../../../../stacks/folder-state.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";

const COPY = ".pulumi/stacks/preview-environments/pr-7.json.bak";

describe("a destroy of which everything but a copy of the state is gone", () => {
  const scratch = useScratchFolder();
  const run = (signal: AbortSignal) => {
    scratch().program("kubectl", `echo '{"items":[]}'`);
    scratch().file(COPY, "{}");
    const task: OperationTask = {
      request: { id: "op-1", kind: "destroy", stack: "pr-7", namespace: "preview-pr-7" },
      settings: {
        project: "preview-environments",
        platform: "terrarium",
        state: { address: `file://${scratch().path}`, secretsProvider: "passphrase", saveOnce: false },
        cluster: { kubeconfig: "/kubeconfig", context: "previews" },
        policyPacks: [],
        parallel: 64,
        timeoutMs: 60_000,
        graceMs: 1_000,
        tools: { pulumi: "pulumi", kubectl: join(scratch().path, "bin/kubectl"), env: {} },
      },
      folder: scratch().path,
      facts: { serviceMonitors: false, apiServer: [] },
    };
    const state = folderState(scratch().path);
    const stage = { task, state, secrets: new SecretValues(), emit: () => undefined, signal };
    return destroy(stage, { exists: false });
  };
  const left = () => folderState(scratch().path).read(COPY);

  it("removes that too", async () => {
    assert.deepEqual(await run(new AbortController().signal), { ok: true });
    assert.equal(await left(), undefined);
  });

  it("goes no further once it was told to stop", async () => {
    await assert.rejects(run(AbortSignal.abort(new Error("stopped"))), /stopped/);
    assert.equal(await left(), "{}");
  });
});
