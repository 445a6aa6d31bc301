import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { builtFromSource } from "../../../components/source.ts";
import { resolvedService } from "../spec/environments.ts";
import { RESOURCES } from "./placement.ts";

/** Names that would do something if a shell or git read them as more than names. */
const HOSTILE = ["$(touch owned)", 'a"; touch owned; "', "--upload-pack=touch owned"];

/** The clone's command and variables, as the pod has them. */
const [clone] =
  builtFromSource(
    resolvedService({ source: { repository: "https://git.example.com/shop.git", branch: "main" }, internet: true })
      .source ?? assert.fail(),
    { user: 65532, serviceAccountName: "x", container: { name: "api", image: "node:24", resources: RESOURCES } },
  ).initContainers ?? [];

describe("The clone of a service from source", () => {
  let folder: string;
  let repository: string;
  let first: string;
  let second: string;

  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      cwd: repository,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", HOME: folder },
    }).trim();
  const commit = (file: string, text: string): string => {
    mkdirSync(join(repository, "web"), { recursive: true });
    writeFileSync(join(repository, file), text);
    git("add", ".");
    git("commit", "--quiet", "--message", text);
    return git("rev-parse", "HEAD");
  };
  const path = (...parts: string[]) => join(folder, ...parts);

  /** Runs the script as its container would, on a repository of this machine. */
  const run = async (over: Readonly<Record<string, string>> = {}) => {
    const [program = "", ...args] = clone?.command ?? [];
    const env = {
      ...(clone?.env as Record<string, string>),
      REPOSITORY: repository,
      GIT_ALLOW_PROTOCOL: "file",
      CHECKOUT: path("checkout"),
      COMMIT_FILE: path("commit"),
      PATH: process.env["PATH"],
      ...over,
    };
    const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const commit = existsSync(path("commit")) ? readFileSync(path("commit"), "utf8").trim() : undefined;
    return { code: child.exitCode ?? ((await once(child, "close")) as [number])[0], stdout, stderr, commit };
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "clone-"));
    repository = path("repository");
    mkdirSync(repository);
    git("init", "--quiet", "--initial-branch=main");
    first = commit("web/page.txt", "first");
    second = commit("web/page.txt", "second");
  });
  afterEach(() => {
    for (const left of ["checkout", "commit", "owned"]) rmSync(path(left), { recursive: true, force: true });
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("gets the branch's newest commit without its history, and tells which", async () => {
    const { code, stdout, commit } = await run();
    assert.equal(code, 0, stdout);
    assert.equal(commit, second);
    assert.match(stdout, new RegExp(`^fetching branch main of .*\\ncommit ${second} of \\S+\\n$`));
    assert.equal(readFileSync(path("checkout/web/page.txt"), "utf8"), "second");
    const history = execFileSync("git", ["rev-list", "--count", "HEAD"], { cwd: path("checkout"), encoding: "utf8" });
    assert.equal(history.trim(), "1");
  });

  it("gets the commit that is named, though the branch has gone on", async () => {
    const { code, stderr, commit } = await run({ COMMIT: first });
    assert.equal(code, 0, stderr);
    assert.deepEqual([commit, readFileSync(path("checkout/web/page.txt"), "utf8")], [first, "first"]);
  });

  it("starts over from what an interrupted pod has left, and leaves nothing of that", async () => {
    await run({ COMMIT: first });
    writeFileSync(path("checkout/web/page.txt"), "changed");
    writeFileSync(path("checkout/stale.js"), "built");
    assert.equal((await run()).code, 0);
    assert.deepEqual(readdirSync(path("checkout")).sort(), [".git", "web"]);
    assert.equal(readFileSync(path("checkout/web/page.txt"), "utf8"), "second");
  });

  it("runs no hook that the repository brings", async () => {
    const hook = "#!/bin/sh\ntouch ../owned\n";
    mkdirSync(path("checkout/.git/hooks"), { recursive: true });
    for (const name of ["post-checkout", "reference-transaction"])
      writeFileSync(path("checkout/.git/hooks", name), hook, { mode: 0o755 });
    assert.equal((await run()).code, 0);
    assert.ok(!existsSync(path("owned")));
  });

  it("refuses a protocol other than the repository's", async () => {
    const { code, stderr } = await run({ GIT_ALLOW_PROTOCOL: "https" });
    assert.notEqual(code, 0);
    assert.match(stderr, /transport 'file' not allowed/);
  });

  it("asks nobody else when the server sends it elsewhere", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(301, { location: `/elsewhere${request.url}` }).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`;
    const { code } = await run({ REPOSITORY: address, GIT_ALLOW_PROTOCOL: "http" });
    server.close();
    server.closeAllConnections();
    assert.notEqual(code, 0);
    assert.deepEqual(asked, ["/shop.git/info/refs?service=git-upload-pack"]);
  });

  it("says that there is no such branch, commit or folder", async () => {
    assert.match((await run({ BRANCH: "gone" })).stderr, /couldn't find remote ref refs\/heads\/gone/);
    assert.notEqual((await run({ COMMIT: "0".repeat(40) })).code, 0);
    const { code, stderr } = await run({ DIRECTORY: "apps" });
    assert.equal(code, 1);
    assert.match(stderr, /^there is no folder apps in the repository at this commit$/m);
    assert.ok(!existsSync(path("commit")));
  });

  for (const name of HOSTILE) {
    it(`takes ${name} as a name, whatever a shell or git would make of it`, async () => {
      for (const variable of ["BRANCH", "COMMIT", "REPOSITORY", "DIRECTORY"]) {
        assert.notEqual((await run({ [variable]: name })).code, 0, variable);
        assert.ok(!existsSync(path("owned")) && !existsSync(path("checkout/owned")), variable);
      }
    });
  }
});
