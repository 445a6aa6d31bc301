import assert from "node:assert/strict";
import { join } from "node:path";
import { withTimeLimit } from "../../../clusters/run-command.ts";
import { encryptWith } from "../../../gitops/sops.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const SECRET = "data:\n  password: aHVudGVyMg==\n";

describe("encryption with sops", () => {
  const scratch = useScratchFolder();

  /** @param script what stands for sops, as a shell script. */
  const encrypt = (script: string): Promise<string> => {
    scratch().program("sops", script);
    const sops = join(scratch().path, "bin/sops");
    const run = withTimeLimit(200, "If it only needed longer, allow more with --timeout.");
    return encryptWith(sops, "/deploy/.sops.yaml", run)("overlays/dev/secret-shop.yaml", SECRET);
  };

  it("hands the Secret over through a pipe and takes what comes back", async () => {
    assert.equal(await encrypt("/bin/cat"), SECRET);
    assert.deepEqual(scratch().calls(), [
      "sops --config /deploy/.sops.yaml encrypt --filename-override overlays/dev/secret-shop.yaml --input-type yaml --output-type yaml",
    ]);
  });

  it("ends with what to do when sops does not, and repeats nothing of the Secret", async () => {
    await assert.rejects(encrypt("exec /bin/sleep 60"), (error: Error) => {
      assert.match(
        error.message,
        /^overlays\/dev\/secret-shop\.yaml cannot be encrypted: .*sops gave no answer within 0\.2 s\. If it only needed longer, allow more with --timeout\.$/,
      );
      assert.ok(!error.message.includes("aHVudGVyMg"));
      return true;
    });
  });

  it("ends with what sops says when it refuses", async () => {
    await assert.rejects(encrypt('echo "no matching creation rules found" >&2; exit 1'), {
      message: "overlays/dev/secret-shop.yaml cannot be encrypted: no matching creation rules found",
    });
  });
});
