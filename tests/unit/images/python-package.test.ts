import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheLayout } from "../../../clusters/toolchain/cache-layout.ts";
import { executeWith, type Execute } from "../../../images/command.ts";
import { pythonPackageFolder } from "../../../images/python-package.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

describe("the files of a Python package", () => {
  const scratch = useScratchFolder();
  let commands: (readonly string[])[];
  /** Like pip: writes into the folder that it is given. */
  const pip: Execute = (_purpose, command) => {
    commands.push(command);
    const target = command.find((argument) => argument.startsWith("--target="))?.slice("--target=".length) ?? "";
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "server"), "");
    return Promise.resolve("");
  };
  const folder = (execute: Execute): Promise<string> =>
    pythonPackageFolder("some-server==1.2.3", cacheLayout(join(scratch().path, "cache")), execute);

  beforeEach(() => {
    commands = [];
  });

  it("are installed once, compiled for Debian's C library, whatever Python this machine has", async () => {
    const files = await folder(pip);
    assert.ok(existsSync(join(files, "server")));
    assert.equal(await folder(pip), files);
    assert.equal(commands.length, 1);
    const [command = []] = commands;
    assert.equal(command.at(-1), "some-server==1.2.3");
    for (const part of ["--no-deps", "--only-binary=:all:", "--python-version=3.13"])
      assert.ok(command.includes(part), part);
    assert.ok(command.some((argument) => /^--platform=manylinux_2_28_(x86_64|aarch64)$/.test(argument)));
  });

  it("are not in the cache when pip fails, and the message says which", async () => {
    const failing = executeWith(() => Promise.resolve({ code: 1, stdout: "", stderr: "ERROR: no such version" }), {});
    await assert.rejects(folder(failing), {
      name: "ImageError",
      message: "installing the Python package some-server==1.2.3: pip3 ended with 1:\nERROR: no such version",
    });
    await folder(pip);
    assert.equal(commands.length, 1);
  });
});
