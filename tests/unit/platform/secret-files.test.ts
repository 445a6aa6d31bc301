import assert from "node:assert/strict";
import { readSecretFiles } from "../../../platform/secret-files.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

describe("files that hold secrets", () => {
  const scratch = useScratchFolder();

  it("give their text without the line's end that editors add", async () => {
    const files = {
      plain: scratch().file("plain", "t0p"),
      edited: scratch().file("edited", "t0p\n"),
      foreign: scratch().file("foreign", "t0p\r\n"),
      key: scratch().file("key", "first\n\nlast\n\n"),
    };
    const values = { plain: "t0p", edited: "t0p", foreign: "t0p", key: "first\n\nlast\n" };
    assert.deepEqual(await readSecretFiles(files), values);
  });

  it("are named with their key, and without their text, where they can't be used", async () => {
    const empty = scratch().file("empty", "\n");
    await assert.rejects(readSecretFiles({ token: empty }), {
      message: `The value of the secret "token" can't be read: ${empty} is empty`,
    });
    await assert.rejects(readSecretFiles({ token: `${scratch().path}/gone` }), /"token" can't be read: ENOENT/);
  });
});
