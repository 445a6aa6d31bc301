import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ExportFolder } from "../../../gitops/export-folder.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

describe("the folder of an export", () => {
  const scratch = useScratchFolder();

  it("has what was exported, and nothing of what was exported before", async () => {
    const folder = new ExportFolder(join(scratch().path, "out"));
    assert.deepEqual(
      await folder.replace(
        new Map([
          ["base/a/x.yaml", "1"],
          ["base/b.yaml", "2"],
        ]),
      ),
      { written: 3, removed: 0 },
    );
    assert.deepEqual(await folder.replace(new Map([["base/b.yaml", "2"]])), { written: 0, removed: 1 });
    assert.ok(!existsSync(join(folder.path, "base/a")));
    assert.equal(readFileSync(join(folder.path, "base/b.yaml"), "utf8"), "2");
  });

  it("keeps files that are equal as they are", async () => {
    const folder = new ExportFolder(scratch().path);
    await folder.replace(new Map([["base/a.yaml", "1"]]));
    const before = statSync(join(folder.path, "base/a.yaml")).mtimeMs;
    await folder.replace(
      new Map([
        ["base/a.yaml", "1"],
        ["base/b.yaml", "2"],
      ]),
    );
    assert.equal(statSync(join(folder.path, "base/a.yaml")).mtimeMs, before);
  });

  it("leaves alone what is the user's", async () => {
    const folder = new ExportFolder(scratch().path);
    scratch().file("README.md", "mine");
    scratch().file("clusters/dev/flux-system/gotk-sync.yaml", "mine");
    assert.deepEqual(await folder.foreignEntries(), []);
    await folder.replace(new Map([["base/a.yaml", "1"]]));
    await folder.replace(new Map());
    assert.ok(
      existsSync(join(folder.path, "README.md")) &&
        existsSync(join(folder.path, "clusters/dev/flux-system/gotk-sync.yaml")),
    );
  });

  it("knows folders that somebody else wrote where an export would go, and its own again", async () => {
    const folder = new ExportFolder(scratch().path);
    scratch().file("base/mine.yaml", "mine");
    assert.deepEqual(await folder.foreignEntries(), ["base"]);
    const own = new ExportFolder(join(scratch().path, "out"));
    await own.replace(new Map([["base/a.yaml", "1"]]));
    assert.deepEqual(await own.foreignEntries(), []);
  });
});
