import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheLayout } from "../../../clusters/toolchain/cache-layout.ts";
import { ChecksumError } from "../../../clusters/toolchain/index.ts";
import {
  componentFolder,
  findInstalled,
  installOnce,
  removeStaleTemporaries,
} from "../../../clusters/toolchain/install.ts";
import { scratchFolder } from "./scratch.ts";

const id = { name: "etcd", key: "0123456789abcdef" };

async function fill(folder: string): Promise<void> {
  await mkdir(join(folder, "files"));
  await writeFile(join(folder, "files", "etcd"), "binary");
}

describe("installed component", () => {
  const scratch = scratchFolder();
  const cache = () => cacheLayout(scratch.path("cache"));

  it("is found after it was installed, and not installed twice", async () => {
    assert.equal(await findInstalled(cache(), id), undefined);
    let fills = 0;
    const count = (folder: string): Promise<void> => {
      fills += 1;
      return fill(folder);
    };
    const both = await Promise.all([installOnce(cache(), id, {}, count), installOnce(cache(), id, {}, count)]);
    assert.equal(fills, 1);
    assert.deepEqual(await findInstalled(cache(), id), both[0]);
    assert.equal(await readFile(join(both[1].files, "etcd"), "utf8"), "binary");
  });

  it("is not trusted when it is half-written, and is installed anew", async () => {
    const folder = componentFolder(cache(), id);
    await mkdir(join(folder, "files"), { recursive: true });
    await writeFile(join(folder, "files", "etcd"), "bin");
    assert.equal(await findInstalled(cache(), id), undefined);
    await writeFile(join(folder, "manifest.json"), '{"component": "etcd", "fil');
    assert.equal(await findInstalled(cache(), id), undefined);
    const { files } = await installOnce(cache(), id, {}, fill);
    assert.equal(await readFile(join(files, "etcd"), "utf8"), "binary");
  });

  it("leaves nothing when its installation fails", async () => {
    const failing = async (folder: string): Promise<void> => {
      await fill(folder);
      throw new Error("no space");
    };
    await assert.rejects(installOnce(cache(), id, {}, failing), /no space/);
    assert.deepEqual(await readdir(cache().toolchain), []);
    assert.equal(await findInstalled(cache(), id), undefined);
  });

  it("leaves nothing when its installation is aborted at the last moment", async () => {
    const abort = new AbortController();
    const aborting = async (folder: string): Promise<void> => {
      await fill(folder);
      abort.abort(new Error("interrupted"));
    };
    await assert.rejects(installOnce(cache(), id, { signal: abort.signal }, aborting), /interrupted/);
    assert.deepEqual(await readdir(cache().toolchain), []);
  });

  it("with another content is an error that names the file, both checksums and what to do", async () => {
    const { files } = await installOnce(cache(), id, {}, fill);
    const file = join(files, "etcd");
    await writeFile(file, "changed");
    await assert.rejects(findInstalled(cache(), id), (error) => {
      assert.ok(error instanceof ChecksumError);
      // SHA-256 of "binary" and of "changed".
      const expected = "9a3a45d01531a20e89ac6ae10b0b0beb0492acd7216a368aa062d1a5fecaf9cd";
      const got = "d67e2e944994496c8d8ec76eed0cf9f09679448d584b532bebf941852a37f5ed";
      assert.equal(
        error.message,
        `checksum of ${file} differs: expected ${expected}, got ${got}. ` +
          `The file changed after it was installed. Delete ${componentFolder(cache(), id)} and run again.`,
      );
      return true;
    });
  });

  it("that was only touched is compared by checksum and trusted", async () => {
    const { files } = await installOnce(cache(), id, {}, fill);
    await utimes(join(files, "etcd"), 1_000, 1_000);
    assert.deepEqual(await findInstalled(cache(), id), { files });
  });

  it("with the same size and another content is noticed by its time", async () => {
    const { files } = await installOnce(cache(), id, {}, fill);
    await writeFile(join(files, "etcd"), "BINARY");
    await utimes(join(files, "etcd"), 1_000, 1_000);
    await assert.rejects(findInstalled(cache(), id), ChecksumError);
  });

  it("with a missing file is an error that says so", async () => {
    const { files } = await installOnce(cache(), id, {}, fill);
    await rm(join(files, "etcd"));
    await assert.rejects(findInstalled(cache(), id), /got no such file/);
  });
});

describe("temporary folders", () => {
  const scratch = scratchFolder();

  it("of processes that ended are removed, those of live ones are kept", async () => {
    const cache = cacheLayout(scratch.path("cache"));
    const live = `.etcd-0.${process.pid}.tmp`;
    for (const name of [".kwok-1.999999999.tmp", live, "etcd-0"]) {
      await mkdir(join(cache.toolchain, name), { recursive: true });
    }
    await removeStaleTemporaries(cache);
    assert.deepEqual((await readdir(cache.toolchain)).sort(), [live, "etcd-0"]);
  });
});
