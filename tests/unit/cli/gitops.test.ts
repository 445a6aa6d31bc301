import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
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

describe("a command that is interrupted while the program runs", () => {
  const scratch = useScratchFolder();

  for (const [command, ...args] of [
    ["render", "--out", "deploy"],
    ["gitops", "--out", "deploy", "--stacks", "dev", "--recipient", KEY],
    ["validate", "--stack", "dev"],
  ] as const) {
    it(`says so, and leaves neither Pulumi nor a temporary folder: ${command}`, async () => {
      const state = { version: 3, deployment: { resources: [] } };
      const hang = `case "$*" in *--config-file*) echo "$TMPDIR" > "$HOME/folder"; exec /bin/sleep 60 ;; esac`;
      scratch().program("pulumi", `case "$2" in export) echo '${JSON.stringify(state)}' ;; esac\n${hang}`);
      const surroundings = testSurroundings(scratch(), { interrupted: AbortSignal.timeout(500) });
      assert.equal(await runProgram([command, ...args], surroundings), 130, surroundings.output.stderr);
      assert.match(surroundings.output.stderr, /Interrupted\.\n$/);
      const folder = readFileSync(join(scratch().path, "folder"), "utf8").trim();
      assert.match(folder, /terrarium-render-/);
      assert.equal(existsSync(folder), false);
    });
  }
});

describe("an export", () => {
  const scratch = useScratchFolder();

  it("does not take the other stacks' files away because one was named", async () => {
    scratch().file("deploy/.terrarium-gitops", "");
    for (const stack of ["dev", "prod"]) scratch().file(`deploy/overlays/${stack}/kustomization.yaml`, "{}\n");
    const surroundings = testSurroundings(scratch());
    const args = ["--out", join(scratch().path, "deploy"), "--stacks", "dev", "--recipient", KEY];
    assert.equal(await runProgram(["gitops", ...args], surroundings), 2);
    assert.match(
      surroundings.output.stderr,
      /deploy also holds prod, whose files would go\. Name every stack in --stacks/,
    );
    assert.deepEqual(scratch().calls(), []);
    assert.ok(existsSync(join(scratch().path, "deploy/overlays/prod/kustomization.yaml")));
  });

  for (const [what, args, message] of [
    ["to a file", ["--out", "file"], /\/file is not a folder\. Choose another one\./],
    ["below a file", ["--out", "file/below"], /\/file is not a folder/],
    ["where nothing can be written", ["--out", "/proc/self/deploy"], /^terrarium: Nothing can be written to \//],
    [
      "for somebody of a stack that it is not of",
      ["--out", "deploy", "--recipient", KEY, "--recipient", `prdo=${KEY}`],
      /--recipient prdo=…: the export is of dev\. Name one of these\./,
    ],
  ] as const) {
    it(`${what} is refused before any program runs`, async () => {
      scratch().file("file", "mine");
      const surroundings = testSurroundings(scratch());
      const at = (arg: string) => (/^(file|deploy)/.test(arg) ? join(scratch().path, arg) : arg);
      assert.equal(await runProgram(["gitops", "--stacks", "dev", ...args.map(at)], surroundings), 2);
      assert.match(surroundings.output.stderr, message);
      assert.deepEqual(scratch().calls(), []);
    });
  }
});
