import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../../clusters/run-command.ts";
import { executeWith } from "../../../images/command.ts";
import { writeDockerArchive } from "../../../images/docker-archive.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");
const execute = executeWith(runCommand, process.env);

describe("an archive of an image", () => {
  const scratch = useScratchFolder();
  const write = async (name: string): Promise<string> => {
    scratch().file("root/etc/motd", "hello\n");
    scratch().file("root/dev/null", "not a device");
    const root = join(scratch().path, "root");
    const config = { Entrypoint: ["/bin/x"], StopSignal: "SIGINT" };
    return writeDockerArchive({ reference: "docker.io/a/b:1", root, config }, join(scratch().path, name), execute);
  };
  const unpack = (name: string): string => {
    const folder = join(scratch().path, "unpacked");
    execFileSync("mkdir", ["-p", folder]);
    execFileSync("tar", ["-xf", join(scratch().path, name), "-C", folder]);
    return folder;
  };

  it("has a manifest whose configuration and layer are what their digests say", async () => {
    const id = await write("image.tar");
    const folder = unpack("image.tar");
    const [manifest] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as [
      { Config: string; RepoTags: string[]; Layers: string[] },
    ];
    assert.deepEqual(manifest.RepoTags, ["docker.io/a/b:1"]);
    const config = readFileSync(join(folder, manifest.Config), "utf8");
    assert.equal(id, `sha256:${sha256(config)}`);
    assert.equal(manifest.Config, `${sha256(config)}.json`);
    const document = JSON.parse(config) as { config: object; rootfs: { diff_ids: string[] }; os: string };
    assert.deepEqual(document.config, { Entrypoint: ["/bin/x"], StopSignal: "SIGINT" });
    const [layer = ""] = manifest.Layers;
    assert.deepEqual(document.rootfs.diff_ids, [`sha256:${sha256(readFileSync(join(folder, layer)))}`]);
    assert.equal(manifest.Layers.length, 1);
  });

  it("holds the files, without devices of the machine that made it", async () => {
    await write("image.tar");
    const layers = execFileSync("find", [unpack("image.tar"), "-name", "layer.tar"], { encoding: "utf8" });
    const names = execFileSync("tar", ["-tf", layers.trim()], { encoding: "utf8" }).split("\n");
    assert.ok(names.includes("./etc/motd") && names.includes("./dev/"));
    assert.ok(!names.includes("./dev/null"));
  });

  it("is the same for the same files", async () => {
    await write("one.tar");
    await write("two.tar");
    const [one, two] = ["one.tar", "two.tar"].map((name) => sha256(readFileSync(join(scratch().path, name))));
    assert.equal(one, two);
  });

  it("leaves nothing beside it when packing fails", async () => {
    const file = join(scratch().path, "image.tar");
    const missing = { reference: "docker.io/a/b:1", root: join(scratch().path, "none"), config: {} };
    await assert.rejects(writeDockerArchive(missing, file, execute), /packing docker\.io\/a\/b:1: tar ended with 2/);
    assert.ok(!existsSync(`${file}.parts`));
  });
});
