import assert from "node:assert/strict";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { readStackFile } from "../../../cli/project.ts";
import { StackState } from "../../../cli/state.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

describe("the state of a checkout's stacks", () => {
  const scratch = useScratchFolder();
  const state = (env: NodeJS.ProcessEnv = {}): StackState => {
    testSurroundings(scratch());
    return new StackState(localPaths(scratch().path), env);
  };
  const read = (name: string): string => readFileSync(join(scratch().path, name), "utf8");

  it("lies in the checkout, encrypted with a passphrase that only this user can read", () => {
    const env = state().environment();
    assert.equal(env["PULUMI_BACKEND_URL"], `file://${scratch().path}/.terrarium/state?metadata=skip`);
    assert.equal(statSync(env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "").mode & 0o777, 0o600);
    assert.match(read(".terrarium/passphrase"), /^[\w-]{43}$/);
  });

  it("keeps its passphrase, and takes none from the environment", () => {
    state().environment();
    const before = read(".terrarium/passphrase");
    const env = state({ PULUMI_CONFIG_PASSPHRASE: "" }).environment();
    assert.equal(read(".terrarium/passphrase"), before);
    assert.ok("PULUMI_CONFIG_PASSPHRASE" in env);
    assert.equal(env["PULUMI_CONFIG_PASSPHRASE"], undefined);
  });

  it("is the user's own where the environment names a backend", () => {
    const own = state({ PULUMI_BACKEND_URL: "s3://bucket" });
    assert.equal(own.isLocal, false);
    assert.deepEqual(own.environment(), {});
    assert.equal(own.configFile(readStackFile(scratch().path, "dev")), join(scratch().path, "Pulumi.dev.yaml"));
    assert.equal(existsSync(join(scratch().path, ".terrarium")), false);
  });

  it("is still the checkout's after the shell took its variables", () => {
    assert.equal(
      state({ PULUMI_BACKEND_URL: `file://${scratch().path}/.terrarium/state?metadata=skip` }).isLocal,
      true,
    );
  });

  it("gives the engine a copy of the stack's file that follows it and keeps the engine's salt", () => {
    const local = state();
    const copy = local.configFile(readStackFile(scratch().path, "dev"));
    scratch().file(".terrarium/config/Pulumi.dev.yaml", `${readFileSync(copy, "utf8")}encryptionsalt: v1:abc:v1:def\n`);
    scratch().file("Pulumi.dev.yaml", "config:\n  terrarium:tier: staging\n");
    local.configFile(readStackFile(scratch().path, "dev"));
    assert.equal(readFileSync(copy, "utf8"), "config:\n  terrarium:tier: staging\nencryptionsalt: v1:abc:v1:def\n");
    assert.equal(read("Pulumi.dev.yaml"), "config:\n  terrarium:tier: staging\n");
  });

  it("replaces the engine's files at once: commands for other stacks may be reading them", () => {
    const local = state();
    const file = readStackFile(scratch().path, "dev");
    const folder = dirname(local.configFile(file));
    const open = ["Pulumi.yaml", "Pulumi.dev.yaml"].map((name) => openSync(join(folder, name), "r"));
    const before = open.map((descriptor) => fstatSync(descriptor).size);
    local.configFile(file);
    // Whoever has opened the files before reads them whole: they are others than those that stand there now.
    assert.deepEqual(
      open.map((descriptor) => [fstatSync(descriptor).size, fstatSync(descriptor).nlink]),
      before.map((size) => [size, 0]),
    );
    open.forEach(closeSync);
    assert.deepEqual(readdirSync(folder).sort(), ["Pulumi.dev.yaml", "Pulumi.yaml"]);
  });

  it("uses a stack's own secrets in place, and needs their passphrase", () => {
    testSurroundings(scratch());
    scratch().file("Pulumi.dev.yaml", "config: {}\nencryptionsalt: v1:own:v1:own\n");
    const file = readStackFile(scratch().path, "dev");
    const paths = localPaths(scratch().path);
    assert.equal(new StackState(paths, {}).configFile(file), file.path);
    assert.throws(() => new StackState(paths, {}).environment(file), {
      name: "UsageFailure",
      message: /PULUMI_CONFIG_PASSPHRASE/,
    });
    const env = new StackState(paths, { PULUMI_CONFIG_PASSPHRASE: "" }).environment(file);
    assert.deepEqual(Object.keys(env), ["PULUMI_BACKEND_URL"]);
  });

  it("does not take its own salt, copied by plain pulumi, for the user's", () => {
    const local = state();
    local.configFile(readStackFile(scratch().path, "dev"));
    scratch().file(".terrarium/config/Pulumi.dev.yaml", "config: {}\nencryptionsalt: v1:abc:v1:def\n");
    scratch().file("Pulumi.dev.yaml", "config: {}\nencryptionsalt: v1:abc:v1:def\n");
    const copy = local.configFile(readStackFile(scratch().path, "dev"));
    assert.equal(copy, join(scratch().path, ".terrarium/config/Pulumi.dev.yaml"));
    assert.equal(readFileSync(copy, "utf8").match(/encryptionsalt/g)?.length, 1);
  });

  it("lists the stacks that have state, without backups", () => {
    for (const name of ["dev.json", "dev.json.bak", "dev.json.attrs", "prod.json"]) {
      scratch().file(`.terrarium/state/.pulumi/stacks/terrarium/${name}`, "{}");
    }
    assert.deepEqual(state().localStacks("terrarium"), ["dev", "prod"]);
    assert.deepEqual(state().localStacks("other"), []);
  });
});
