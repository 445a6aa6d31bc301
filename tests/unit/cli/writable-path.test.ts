import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageFailure } from "../../../cli/exit.ts";
import { runProgram } from "../../../cli/program.ts";
import { requireWritableFile, requireWritableFolder } from "../../../cli/writable-path.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

describe("a place for results", () => {
  const scratch = useScratchFolder();

  it("may be new, with the folders above it", () => {
    requireWritableFolder(join(scratch().path, "a/b"));
    requireWritableFile(join(scratch().path, "a/b/report.md"));
  });

  it("may be a file or a folder that is there", () => {
    requireWritableFolder(scratch().path);
    requireWritableFile(scratch().file("report.md", "old"));
  });

  it("is no folder where a file is meant, and no file where a folder is", () => {
    const file = scratch().file("report.md", "");
    assert.throws(() => requireWritableFile(scratch().path), /is a folder\. Name a file\./);
    for (const path of [file, join(file, "below")]) assert.throws(() => requireWritableFolder(path), UsageFailure);
    assert.throws(() => requireWritableFile(join(file, "below")), /report\.md is not a folder/);
  });

  it("is looked for before a check compares anything", async () => {
    const surroundings = testSurroundings(scratch());
    assert.equal(await runProgram(["check", "--out", "report.md", scratch().path], surroundings), 2);
    assert.match(surroundings.output.stderr, /is a folder\. Name a file\./);
    assert.deepEqual(scratch().calls(), []);
  });
});
