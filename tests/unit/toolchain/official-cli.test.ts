import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { relative } from "node:path";
import { findOfficial } from "../../../clusters/toolchain/official-cli.ts";
import { scratchFolder, writeScript } from "./scratch.ts";

describe("official tool on PATH", () => {
  const scratch = scratchFolder();
  const env = () => ({ PATH: `${scratch.path("bin")}:/usr/bin:/bin` });

  async function pulumi(version: string): Promise<string | undefined> {
    await writeScript(scratch.path("bin", "pulumi"), `[ "$1" = version ] && echo "${version}"`);
    return (await findOfficial("pulumi", env()))?.version;
  }

  it("pulumi is taken from the pinned version on, below the next major version", async () => {
    await writeScript(scratch.path("bin", "pulumi-language-nodejs"), "");
    assert.equal(await pulumi("v3.216.0"), "3.216.0");
    assert.equal(await pulumi("v3.270.1"), "3.270.1");
    for (const version of ["v3.215.9", "v4.0.0", "v3.217.0-alpha.1", "no version"]) {
      assert.equal(await pulumi(version), undefined, version);
    }
  });

  it("pulumi is passed over without its language host beside it", async () => {
    assert.equal(await pulumi("v3.220.0"), undefined);
  });

  it("pulumi that is a link is taken when the language host lies beside the file it leads to", async () => {
    await writeScript(scratch.path("cellar", "pulumi"), "echo v3.220.0");
    await writeScript(scratch.path("cellar", "pulumi-language-nodejs"), "");
    await mkdir(scratch.path("bin"));
    await symlink(scratch.path("cellar", "pulumi"), scratch.path("bin", "pulumi"));
    assert.deepEqual(await findOfficial("pulumi", env()), { path: scratch.path("bin", "pulumi"), version: "3.220.0" });
  });

  it("that fails is passed over", async () => {
    await writeScript(scratch.path("bin", "kind"), "echo kind v0.30.0; exit 1");
    assert.equal(await findOfficial("kind", env()), undefined);
  });

  it("kubectl is taken within one minor version of the control plane", async () => {
    for (const [version, isTaken] of [
      ["1.32.9", false],
      ["1.33.0", true],
      ["1.35.4", true],
      ["1.36.0", false],
    ] as const) {
      const answer = JSON.stringify({ clientVersion: { gitVersion: `v${version}-eks-1` } });
      await writeScript(scratch.path("bin", "kubectl"), `[ "$*" = "version --client -o json" ] && echo '${answer}'`);
      assert.equal((await findOfficial("kubectl", env()))?.version, isTaken ? version : undefined, version);
    }
  });

  it("kind is taken from 0.27 on", async () => {
    await writeScript(scratch.path("bin", "kind"), 'echo "kind v0.27.0 go1.24.0 linux/amd64"');
    assert.equal((await findOfficial("kind", env()))?.version, "0.27.0");
    await writeScript(scratch.path("bin", "kind"), 'echo "kind v0.26.0 go1.24.0 linux/amd64"');
    assert.equal(await findOfficial("kind", env()), undefined);
  });

  it("is not looked for in folders that depend on where the program is started", async () => {
    await writeScript(scratch.path("bin", "kind"), "echo kind v0.30.0");
    const below = relative(process.cwd(), scratch.path("bin"));
    assert.equal(await findOfficial("kind", { PATH: `${below}:` }), undefined);
    assert.equal((await findOfficial("kind", env()))?.version, "0.30.0");
  });
});
