import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { withTimeLimit } from "../../../clusters/run-command.ts";
import { withEncryption } from "../../../gitops/sops.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const SECRET = "data:\n  password: aHVudGVyMg==\n";

describe("encryption with sops", () => {
  const scratch = useScratchFolder();

  /** @param script what stands for sops, as a shell script. */
  const encrypt = (script: string): Promise<string> => {
    scratch().program("sops", script);
    const sops = join(scratch().path, "bin/sops");
    const run = withTimeLimit(200, "If it only needed longer, allow more with --timeout.");
    return withEncryption({ sops, rules: "creation_rules: []\n", run }, (seal) =>
      seal("overlays/dev/secret-shop.yaml", SECRET),
    );
  };

  it("hands the Secret over through a pipe and takes what comes back", async () => {
    assert.equal(await encrypt("/bin/cat"), SECRET);
    const types = "--input-type yaml --output-type yaml";
    assert.match(
      scratch().calls().join("\n"),
      new RegExp(`^sops --config \\S+ encrypt --filename-override overlays/dev/secret-shop\\.yaml ${types}$`),
    );
  });

  it("lets sops read the rules where paths begin, and leaves nothing of them", async () => {
    assert.equal(await encrypt('/bin/cat >/dev/null; /bin/cat "$2"; echo "$PWD $2"').then(rulesRead), true);
    assert.equal(existsSync(scratch().calls()[0]?.split(" ")[2] ?? ""), false);
  });

  it("ends with what to do when sops does not, and repeats nothing of the Secret", async () => {
    await assert.rejects(encrypt("exec /bin/sleep 60"), (error: Error) => {
      assert.match(
        error.message,
        /^overlays\/dev\/secret-shop\.yaml cannot be encrypted by the rules in \.sops\.yaml: .*sops gave no answer within 0\.2 s\. If it only needed longer, allow more with --timeout\.$/,
      );
      assert.ok(!error.message.includes("aHVudGVyMg"));
      return true;
    });
  });

  it("ends with what sops says when it refuses", async () => {
    await assert.rejects(encrypt('echo "no matching creation rules found" >&2; exit 1'), {
      message:
        "overlays/dev/secret-shop.yaml cannot be encrypted by the rules in .sops.yaml: no matching creation rules found",
    });
  });
});

/** Whether what stands for sops has found the rules, in the folder that it ran in. */
function rulesRead(output: string): boolean {
  const [rules, where = ""] = output.trim().split("\n");
  const [folder = "", file = ""] = where.split(" ");
  return rules === "creation_rules: []" && dirname(file) === folder;
}
