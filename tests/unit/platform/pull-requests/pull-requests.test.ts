import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { PreviewEnvironment } from "../../../../spec/index.ts";
import type { ScriptedApi } from "../scripted-api.ts";
import { PATH } from "../service.ts";
import { type GitHubServer, shaOf } from "./github-server.ts";
import { eventually, type PullRequestWorld } from "./service.ts";
import { usePullRequests } from "./world.ts";

/** First line of what the service itself has written. */
const REPORT = "<!-- terrarium preview 0000 -->";
const QUIET = { comment: false, status: false, deployment: false };

describe("Pull requests of a GitHub", function () {
  // It mostly waits, for requests over connections; on a machine that is full, for longer.
  this.timeout(60_000);

  const world = usePullRequests();
  let gitHub: GitHubServer;
  let api: ScriptedApi;

  beforeEach(() => {
    ({ gitHub, api } = world());
  });

  const start = (rules: object = { report: QUIET }, more: Partial<PullRequestWorld> = {}) => world().start(rules, more);
  const environment = (number: number) =>
    api.objects.get(`${PATH}/shop-pr-${number}`) as PreviewEnvironment | undefined;
  const count = () => [...api.objects.keys()].filter((path) => path.startsWith(PATH)).length;
  const exists = (number: number) => () => environment(number) !== undefined;

  it("get their environments by polling alone, over all pages, and lose them by polling alone", async () => {
    for (let number = 1; number <= 130; number++) gitHub.open(number);
    const service = await start();
    await eventually(() => count() === 130, "130 environments", 60);
    assert.equal(gitHub.requests.filter((each) => each === "GET /repos/team/shop/pulls").length, 2);
    for (const pull of gitHub.pulls.values()) pull.state = pull.number > 100 ? "closed" : "open";
    service.poll();
    await eventually(() => count() === 100, "100 environments", 60);
  });

  it("are looked at when a webhook says so, whatever else it says", async () => {
    const service = await start();
    gitHub.open(1);
    assert.equal(await service.hear(1, "closed"), 202);
    await eventually(exists(1), "an environment of what is open");
    gitHub.open(1, { sha: shaOf(1, 2) });
    await service.hear(1, "opened");
    await eventually(() => environment(1)?.spec.source.commit === shaOf(1, 2), "the newest commit");
    gitHub.open(1, { state: "closed" });
    await service.hear(1, "opened");
    await eventually(() => !exists(1)(), "no environment of what is closed");
  });

  it("lose nothing while GitHub fails, or says that there are none", async () => {
    gitHub.open(1);
    const service = await start();
    await eventually(exists(1), "an environment");
    for (const status of [500, 502, 404, 401]) {
      gitHub.refuse = () => ({ status });
      const before = gitHub.requests.length;
      await service.hear(1, "closed");
      service.poll();
      await eventually(() => gitHub.requests.length >= before + 2, "requests");
      const reason = "warn the open pull requests can't be listed; nothing is done about them";
      await eventually(() => service.lines.some((line) => line.startsWith(reason)), reason);
      assert.equal(service.polls.at(-1), "team/shop failed");
      service.lines.length = 0;
    }
    gitHub.refuse = (_method, path) => (path.endsWith("/pulls/1") ? { status: 404 } : undefined);
    gitHub.pulls.clear();
    service.poll();
    await eventually(
      () => service.lines.some((line) => line.includes("there is no such pull request")),
      "a line that says so",
    );
    assert.ok(exists(1)());
  });

  it("that are closed while their environment is being made lose it again", async () => {
    const pull = gitHub.open(1);
    api.before = (method) => void (method === "POST" && (pull.state = "closed"));
    const service = await start();
    await eventually(() => service.story.some(({ decision }) => decision === "delete"), "its deletion");
    assert.equal(environment(1), undefined);
  });

  it("whose environment somebody else changes at the same time are decided anew", async () => {
    gitHub.open(1);
    const service = await start();
    await eventually(exists(1), "an environment");
    let edits = 0;
    api.before = (method) => {
      if (method === "PATCH" && edits++ === 0) api.edit(`${PATH}/shop-pr-1`, { ttl: "3h" });
    };
    gitHub.open(1, { sha: shaOf(1, 2) });
    await service.hear(1, "synchronize");
    await eventually(() => environment(1)?.spec.source.commit === shaOf(1, 2), "the newest commit");
    assert.equal(environment(1)?.spec.ttl, "3h");
  });

  it("count by the files that they change, which are asked for once for each commit", async () => {
    gitHub.open(1, { files: ["docs/a.md"] });
    gitHub.open(2, { files: [...Array.from({ length: 150 }, (_, n) => `docs/${n}.md`), "apps/web/a.ts"] });
    const service = await start({ report: QUIET, paths: ["apps/**"] });
    await eventually(exists(2), "an environment");
    await eventually(() => service.story.some(({ why }) => why === "it changes no file that counts"), "a decision");
    assert.equal(environment(1), undefined);
    const asked = () => gitHub.requests.filter((each) => each.endsWith("/files")).length;
    const before = asked();
    service.poll();
    await eventually(() => gitHub.requests.at(-1) === "GET /repos/team/shop/pulls", "another poll");
    assert.equal(asked(), before);
  });

  it("count by other files once they are to be merged into another branch", async () => {
    const pull = gitHub.open(1, { base: "feature/0", files: ["docs/a.md"] });
    const service = await start({ report: QUIET, paths: ["apps/**"] });
    await eventually(() => service.story.some(({ why }) => why === "it changes no file that counts"), "a decision");
    Object.assign(pull, { base: "main", files: ["docs/a.md", "apps/web/a.ts"] });
    await service.hear(1, "edited");
    await eventually(exists(1), "an environment", 5);
  });

  describe("from forks", () => {
    const rules = { report: QUIET, forks: "approve" };
    const sha = shaOf(1, 1);

    const refused: readonly (readonly [string, (gitHub: GitHubServer) => void])[] = [
      ["somebody who may only read", (on) => on.say(1, "stranger", `/approve ${sha}`)],
      ["a beginning of the commit", (on) => on.say(1, "grace", `/approve ${sha.slice(0, 39)}`)],
      ["another commit", (on) => on.say(1, "grace", `/approve ${shaOf(1, 2)}`)],
      ["a quotation", (on) => on.say(1, "grace", `> /approve ${sha}`)],
      ["a report that quotes its code", (on) => on.say(1, "terrarium-bot", `${REPORT}\n/approve ${sha}`)],
      ["a comment that was edited", (on) => on.edit(on.say(1, "grace", "looks good"), `/approve ${sha}`)],
    ];
    for (const [what, say] of refused) {
      it(`are not approved by ${what}`, async () => {
        for (const user of ["grace", "terrarium-bot"]) gitHub.roles.set(user, "write");
        gitHub.open(1, { fork: true });
        say(gitHub);
        const service = await start(rules);
        await eventually(exists(1), "an environment that waits");
        const looks = () => gitHub.requests.filter((each) => each.endsWith("/comments")).length;
        const before = looks();
        await service.hear(1, "created", "issue_comment");
        await eventually(() => looks() > before, "another look");
        await service.stop();
        assert.equal(environment(1)?.spec.approval, undefined);
      });
    }

    it("are approved by the comment of somebody who may, until the next push", async () => {
      gitHub.roles.set("grace", "maintain");
      gitHub.open(1, { fork: true });
      const service = await start({ ...rules, approvers: "maintain" });
      await eventually(exists(1), "an environment that waits");
      gitHub.say(1, "stranger", `/approve ${sha}`);
      gitHub.say(1, "grace", `I have read it.\r\n\r\n/approve ${sha}\r\n`);
      await service.hear(1, "created", "issue_comment");
      await eventually(() => environment(1)?.spec.approval !== undefined, "the approval");
      assert.deepEqual(environment(1)?.spec.approval, { commit: sha, by: "grace" });
      gitHub.open(1, { fork: true, sha: shaOf(1, 2) });
      await service.hear(1, "synchronize");
      await eventually(() => environment(1)?.spec.source.commit === shaOf(1, 2), "the newest commit");
      assert.notEqual(environment(1)?.spec.approval?.commit, environment(1)?.spec.source.commit);
    });

    it("are found approved by polling, where the webhook was lost", async () => {
      gitHub.roles.set("grace", "admin");
      gitHub.open(1, { fork: true });
      const service = await start(rules);
      await eventually(exists(1), "an environment that waits");
      gitHub.say(1, "grace", `/approve ${sha}`);
      service.poll();
      await eventually(() => environment(1)?.spec.approval?.by === "grace", "the approval");
    });
  });

  it("are left alone until a rate limit ends, and nothing is asked meanwhile", async () => {
    gitHub.open(1);
    const service = await start(undefined, { isThrottled: true });
    await eventually(exists(1), "an environment");
    const reset = String(Math.ceil(Date.now() / 1000) + 3600);
    gitHub.refuse = () => ({ status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } });
    await service.hear(1, "closed");
    const says = (text: string) => () => service.lines.some((line) => line.includes(text));
    await eventually(says("warn GitHub asks for a pause"), "a pause");
    const asked = gitHub.requests.length;
    service.poll();
    await eventually(says("can't be listed; nothing is done about them: GitHub's rate limit is used up"), "silence");
    assert.equal(gitHub.requests.length, asked);
    assert.ok(exists(1)());
  });

  it("are asked for as the GitHub App, whose token is for its installation", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const privateKeyFile = world().folder.file("key.pem", privateKey);
    gitHub.open(1);
    const service = await start(undefined, { auth: { app: { id: 7, privateKeyFile } } });
    await eventually(exists(1), "an environment");
    assert.ok(gitHub.authorizations.has("token ghs_77"));
    assert.ok(![...gitHub.authorizations].some((each) => each.includes("planted")));
    // It is taken out of the repository, and installed again.
    gitHub.installation = 78;
    gitHub.open(1, { state: "closed" });
    await service.hear(1, "closed");
    await eventually(() => !exists(1)(), "no environment");
  });

  it("are asked for with a token that stands in no line of the log", async () => {
    gitHub.open(1);
    gitHub.refuse = (_method, path) => (path.endsWith("/pulls/1") ? { status: 403 } : undefined);
    const service = await start();
    await eventually(() => service.lines.some((line) => line.includes("could not be looked at")), "a failure");
    assert.deepEqual([...gitHub.authorizations], ["token ghp_planted"]);
    assert.ok(!service.lines.some((line) => line.includes("planted")), service.lines.join("\n"));
  });
});
