import assert from "node:assert/strict";
import { destroy } from "../../../../platform/runner/destroy.ts";
import { SecretValues } from "../../../../platform/runner/secret-values.ts";
import { folderState } from "../../../../stacks/folder-state.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { destroyTask } from "./destroy-task.ts";

const COPY = ".pulumi/stacks/preview-environments/pr-7.json.bak";

describe("a destroy of which everything but a copy of the state is gone", () => {
  const scratch = useScratchFolder();
  const run = (signal: AbortSignal) => {
    scratch().program("kubectl", `echo '{"items":[]}'`);
    scratch().file(COPY, "{}");
    const task = destroyTask(scratch());
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
