import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { folderState } from "../../../../stacks/folder-state.ts";
import { listStacks } from "../../../../platform/runner/list-stacks.ts";
import { createStack, sampleStack } from "../../../../platform/runner/new-stack.ts";
import { runnerSettingsSchema } from "../../../../platform/runner/settings.ts";
import { locateState } from "../../../../platform/runner/state-location.ts";
import type { TaskSettings } from "../../../../platform/runner/task.ts";
import { WorkFolders } from "../../../../platform/runner/work-folders.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";

describe("where the platform's state is", () => {
  const scratch = useScratchFolder();
  const locate = (state: object = {}) => locateState(runnerSettingsSchema.parse({ state }), scratch().path);

  it("is the service's data folder, with a passphrase that only its user can read, and that stays", () => {
    const { address, passphraseFile = "", secretsProvider } = locate();
    assert.deepEqual([address, secretsProvider], [`file://${scratch().path}/state?metadata=skip`, "passphrase"]);
    assert.equal(statSync(passphraseFile).mode & 0o777, 0o600);
    const passphrase = readFileSync(passphraseFile, "utf8");
    assert.match(passphrase, /^[\w-]{43}$/);
    locate();
    assert.equal(readFileSync(passphraseFile, "utf8"), passphrase);
  });

  it("is what the settings say, in the clear or in a file", () => {
    assert.equal(locate({ address: "s3://bucket" }).address, "s3://bucket");
    assert.equal(locate({ address: "file:///state" }).address, "file:///state?metadata=skip");
    assert.equal(
      locate({ address: "file:///state?no_tmp_dir=true" }).address,
      "file:///state?no_tmp_dir=true&metadata=skip",
    );
    const addressFile = scratch().file("address", "postgres://ada:pa55word@db/state\n");
    assert.equal(locate({ addressFile }).address, "postgres://ada:pa55word@db/state");
  });

  it("needs no passphrase where a key in a cloud encrypts", () => {
    const state = locate({ secretsProvider: "awskms://alias/state" });
    assert.equal(state.passphraseFile, undefined);
    assert.equal(existsSync(join(scratch().path, "passphrase")), false);
  });

  it("is an error where a file that the settings name is missing", () => {
    assert.throws(() => locate({ passphraseFile: "/none" }), /runner\.state\.passphraseFile: there is no file \/none/);
    assert.throws(() => locate({ addressFile: "/none" }), /runner\.state\.addressFile can't be read: .*\/none/);
  });
});

describe("the stacks of the platform", () => {
  const scratch = useScratchFolder();
  const settings = (state: Partial<TaskSettings["state"]> = {}) => ({
    project: "preview-environments",
    state: { address: `file://${scratch().path}`, secretsProvider: "passphrase", saveOnce: false, ...state },
    tools: {
      pulumi: join(scratch().path, "bin/pulumi"),
      kubectl: "kubectl",
      env: scratch().env as Record<string, string>,
    },
  });

  it("are those of its project that have state", async () => {
    for (const name of ["pr-8.json", "pr-7.json", "pr-7.json.bak", "pr-6.json.bak"]) {
      scratch().file(`.pulumi/stacks/preview-environments/${name}`, "{}");
    }
    scratch().file(".pulumi/stacks/shop/dev.json", "{}");
    assert.deepEqual(await listStacks(settings()), ["pr-7", "pr-8"]);
  });

  it("are asked of Pulumi where only it reaches the state", async () => {
    scratch().program("pulumi", `echo '[{"name":"organization/preview-environments/pr-8"},{"name":"pr-7"}]'`);
    assert.deepEqual(await listStacks(settings({ address: "s3://bucket" })), ["pr-7", "pr-8"]);
    assert.deepEqual(scratch().calls(), ["pulumi stack ls --project preview-environments --json --non-interactive"]);
  });

  it("are unknown, not none, when the state can't be reached", async () => {
    scratch().program("pulumi", `echo 'error: no bucket' >&2; exit 255`);
    await assert.rejects(listStacks(settings({ address: "s3://bucket" })), /can't be listed: error: no bucket/);
  });

  it("are created like a sample that Pulumi has made once, under their own names", async () => {
    const salt = { secrets_providers: { type: "passphrase", state: { salt: "v1:abc" } } };
    const text = JSON.stringify({
      version: 3,
      checkpoint: { stack: "organization/preview-environments/sample", latest: salt },
    });
    scratch().program(
      "pulumi",
      `folder="\${PULUMI_BACKEND_URL#file://}"; folder="\${folder%%[?]*}/.pulumi/stacks/preview-environments"; mkdir -p "$folder"; echo '${text}' > "$folder/sample.json"`,
    );
    const sample = await sampleStack(settings(), new WorkFolders(join(scratch().path, "operations"), 60_000));
    const state = folderState(scratch().path);
    const name = { project: "preview-environments", stack: "pr-7" };
    assert.equal(await createStack(state, name, sample), false, "Pulumi has not laid the backend out");
    scratch().file(".pulumi/meta.yaml", "version: 1\n");
    assert.equal(await createStack(state, name, sample), true);
    assert.deepEqual(JSON.parse((await state.read(".pulumi/stacks/preview-environments/pr-7.json")) ?? ""), {
      version: 3,
      checkpoint: { stack: "organization/preview-environments/pr-7", latest: salt },
    });
    assert.deepEqual(scratch().calls(), [
      "pulumi stack init sample --no-select --non-interactive --secrets-provider passphrase",
    ]);
  });
});
