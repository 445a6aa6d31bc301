import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkOut, findBase } from "../../../../cli/check/base.ts";
import { withStandIns } from "../../../../cli/check/stand-ins.ts";
import { runProgram } from "../../../../cli/program.ts";
import { useScratchFolder, type ScratchFolder } from "../../clusters/scratch-folder.ts";
import { testSurroundings } from "../surroundings.ts";

function git(scratch: ScratchFolder, ...args: string[]): string {
  const names = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
  return execFileSync("git", [...names, ...args], { cwd: join(scratch.path, "repo"), encoding: "utf8" }).trim();
}

describe("the base of a check", () => {
  const scratch = useScratchFolder();
  const args = (folder = "repo") => ({ checkout: join(scratch().path, folder), env: process.env });

  beforeEach(() => {
    scratch().file("repo/package-lock.json", "{}");
    scratch().file("repo/app/Pulumi.dev.yaml", "config: { a: 1 }\n");
    git(scratch(), "init", "-q");
    git(scratch(), "add", "-A");
    git(scratch(), "commit", "-qm", "base");
    git(scratch(), "branch", "trunk");
    scratch().file("repo/app/Pulumi.dev.yaml", "config: { a: 2 }\n");
    git(scratch(), "commit", "-qam", "head");
  });

  it("is where the history left that of a reference", async () => {
    git(scratch(), "checkout", "-q", "trunk");
    git(scratch(), "commit", "-qm", "later", "--allow-empty");
    git(scratch(), "checkout", "-q", "main");
    const base = await findBase(args(), "trunk");
    assert.equal(base.commit, git(scratch(), "rev-parse", "main~1"));
    assert.equal(base.title, `trunk (${base.commit.slice(0, 7)})`);
  });

  it("must exist, and have something in common", async () => {
    await assert.rejects(
      findBase(args(), "nowhere"),
      /--base nowhere: git knows no such commit in .* --base origin\/main/,
    );
    await assert.rejects(findBase(args(), "--help"), /no such commit/);
    git(scratch(), "checkout", "-q", "--orphan", "other");
    git(scratch(), "commit", "-qm", "other", "--allow-empty");
    await assert.rejects(findBase(args(), "main"), /no commit in common with HEAD.*shallow/);
  });

  it("is written as it was, with the packages of the checkout where both ask for the same, and leaves no trace", async () => {
    scratch().file("repo/node_modules/x/index.js", "");
    const before = git(scratch(), "status", "--porcelain", "--ignored");
    const target = join(scratch().path, "base");
    await checkOut(args(), await findBase(args(), "trunk"), target);
    assert.equal(readFileSync(join(target, "app/Pulumi.dev.yaml"), "utf8"), "config: { a: 1 }\n");
    assert.ok(existsSync(join(target, "node_modules/x/index.js")));
    assert.equal(git(scratch(), "status", "--porcelain", "--ignored"), before);
    assert.equal(git(scratch(), "worktree", "list").split("\n").length, 1);
  });

  it("may be a folder of a larger repository", async () => {
    scratch().program("npm", "echo ok");
    const own = { ...args("repo/app"), env: { ...process.env, PATH: `${scratch().path}/bin:${process.env["PATH"]}` } };
    const target = join(scratch().path, "base");
    await checkOut(own, await findBase(own, "trunk"), target);
    assert.deepEqual(readdirSync(target), ["Pulumi.dev.yaml"]);
    assert.match(scratch().calls()[0] ?? "", /^npm ci --ignore-scripts/);
  });

  it("is refused before anything is done where it or a stack is wrong", async () => {
    const surroundings = testSurroundings(scratch(), { checkout: join(scratch().path, "repo/app") });
    assert.equal(await runProgram(["check", "--base", "nowhere"], { ...surroundings, env: process.env }), 2);
    assert.match(surroundings.output.stderr, /git knows no such commit/);
    const wrong = { ...surroundings, env: { ...process.env, PATH: `${scratch().path}/bin:${process.env["PATH"]}` } };
    scratch().program("npm", "true");
    assert.equal(await runProgram(["check", "--base", "trunk", "--stack", "nothing"], wrong), 2);
    assert.match(surroundings.output.stderr, /There is no stack "nothing"\. Choose from: dev\./);
  });
});

describe("a stack file without its secrets", () => {
  const key = Buffer.alloc(32, 1);
  const file = [
    "encryptionsalt: v1:abc",
    "config:",
    "  terrarium:tier: dev",
    "  terrarium:secretValues:",
    "    api-token: { secure: v1:one }",
    "    nested: { list: [{ secure: v1:two }, plain], odd.name: { secure: v1:one } }",
    "  other:token: { secure: v1:one }",
  ].join("\n");

  it("has something else in their places, the same for the same", () => {
    const { text, standIns } = withStandIns(file, key);
    assert.doesNotMatch(text, /v1:|encryptionsalt|secure/);
    assert.deepEqual(Object.keys(standIns), [
      "terrarium:secretValues.api-token",
      "terrarium:secretValues.nested.list[0]",
      'terrarium:secretValues.nested["odd.name"]',
      "other:token",
    ]);
    const [one, two, again] = Object.values(standIns);
    assert.equal(one, again);
    assert.notEqual(one, two);
    assert.deepEqual(withStandIns(file, key).standIns, standIns);
    assert.notDeepEqual(withStandIns(file, Buffer.alloc(32, 2)).standIns, standIns);
  });
});
