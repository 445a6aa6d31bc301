import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createPrivateFile, writePrivateFile } from "../../../clusters/kubeconfig.ts";
import { useScratchFolder } from "./scratch-folder.ts";

describe("a file that only this user can read", () => {
  const scratch = useScratchFolder();
  const path = () => join(scratch().path, "folder/secret");
  const found = () => [readFileSync(path(), "utf8"), statSync(path()).mode & 0o777, readdirSync(join(path(), ".."))];

  it("is written with its folder, and replaced", () => {
    writePrivateFile(path(), "one");
    writePrivateFile(path(), "two");
    assert.deepEqual(found(), ["two", 0o600, ["secret"]]);
  });

  it("stays the first one's where several create it", () => {
    createPrivateFile(path(), "one");
    createPrivateFile(path(), "two");
    assert.deepEqual(found(), ["one", 0o600, ["secret"]]);
  });
});
