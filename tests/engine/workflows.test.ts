import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createProgress, defaultCacheDir, ensureToolchain } from "../../clusters/toolchain/index.ts";
import { PROJECT, run } from "./checkout.ts";

describe("the workflows for GitHub, to actionlint", () => {
  let actionlint: string;

  before(async () => {
    const tools = await ensureToolchain(["actionlint"], {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      signal: new AbortController().signal,
      env: process.env,
    });
    actionlint = tools.path("actionlint");
  });

  /** Programs that it would start where they happen to be installed are left out: the verdict is the same everywhere. */
  const check = (files: readonly string[]) => run(actionlint, ["-shellcheck=", "-pyflakes=", ...files], PROJECT);

  it("are right", async () => {
    const folder = join(PROJECT, ".github/workflows");
    const result = await check(readdirSync(folder).map((file) => join(folder, file)));
    assert.equal(result.code, 0, result.stdout + result.stderr);
  });

  it("would be wrong with a job that needs one that there is not", async () => {
    const folder = mkdtempSync(join(tmpdir(), "terrarium-test-workflow-"));
    try {
      const file = join(folder, "wrong.yml");
      writeFileSync(file, "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    needs: b\n    steps: [{ run: ls }]\n");
      const result = await check([file]);
      assert.equal(result.code, 1);
      assert.match(result.stdout, /needs job "b" which does not exist/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
