import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createImageArchive } from "../../../../clusters/host/image-archive.ts";
import { useScratchFolder } from "../scratch-folder.ts";

describe("an image archive", () => {
  const scratch = useScratchFolder();
  const files = [{ path: "bin/hello", content: Buffer.from("#!/bin/sh\necho hello\n") }];

  it("is one that tar reads, with a runnable program in its only layer", () => {
    const folder = scratch().path;
    execFileSync("tar", ["-xf", "-", "-C", folder], { input: createImageArchive("localhost/a/b:1", files) });
    execFileSync("tar", ["-xf", `${folder}/layer.tar`, "-C", folder]);
    assert.equal(execFileSync(`${folder}/bin/hello`).toString(), "hello\n");
  });

  it("names the image, its entry point and the checksum of its layer", () => {
    const folder = scratch().path;
    execFileSync("tar", ["-xf", "-", "-C", folder], { input: createImageArchive("localhost/a/b:1", files) });
    const [image] = JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8")) as [
      { Config: string; RepoTags: string[] },
    ];
    assert.deepEqual(image.RepoTags, ["localhost/a/b:1"]);
    const config = JSON.parse(readFileSync(`${folder}/${image.Config}`, "utf8")) as {
      config: { Entrypoint: string[] };
      rootfs: { diff_ids: string[] };
    };
    assert.deepEqual(config.config.Entrypoint, ["/bin/hello"]);
    const layer = createHash("sha256")
      .update(readFileSync(`${folder}/layer.tar`))
      .digest("hex");
    assert.deepEqual(config.rootfs.diff_ids, [`sha256:${layer}`]);
  });

  it("has the same bytes each time", () => {
    assert.ok(createImageArchive("localhost/a/b:1", files).equals(createImageArchive("localhost/a/b:1", files)));
  });
});
