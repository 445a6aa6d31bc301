import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gitops, type GitOpsOptions } from "../../../cli/gitops.ts";
import { runProgram } from "../../../cli/program.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

const KEY = `age1${"q".repeat(58)}`;

describe("an export whose tools hang", () => {
  const scratch = useScratchFolder();

  const exportTo = (out: string): Promise<void> => {
    const options: GitOpsOptions = {
      out,
      format: "kustomize",
      stacks: ["dev"],
      recipients: [{ key: KEY }],
      clusterFacts: false,
      timeout: 200,
    };
    return gitops(testSurroundings(scratch()), options);
  };

  for (const [command, script] of [
    ["stack init", "exec /bin/sleep 60"],
    ["stack export", 'test "$2" = init && exit 0; exec /bin/sleep 60'],
    ["stack import", 'case "$2" in init) ;; export) echo "$STATE" ;; *) exec /bin/sleep 60 ;; esac'],
  ] as const) {
    it(`ends with what to do when \`pulumi ${command}\` does not, and has written nothing`, async () => {
      const state = { version: 3, deployment: { resources: [{ urn: "u", type: "pulumi:pulumi:Stack" }] } };
      scratch().program("pulumi", `STATE='${JSON.stringify(state)}'\n${script}`);
      const out = join(scratch().path, "deploy");
      await assert.rejects(
        exportTo(out),
        /pulumi gave no answer within 0\.2 s\. If it only needed longer, allow more with --timeout\./,
      );
      assert.match(scratch().calls().at(-1) ?? "", new RegExp(`^pulumi ${command}`));
      assert.equal(existsSync(out), false);
    });
  }

  it("takes a limit that is a time span only", async () => {
    const surroundings = testSurroundings(scratch());
    assert.equal(await runProgram(["gitops", "--out", "deploy", "--timeout", "soon"], surroundings), 2);
    assert.match(surroundings.output.stderr, /'soon' is invalid\. Allowed is a time span such as "30m"/);
  });
});
