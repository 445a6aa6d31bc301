import assert from "node:assert/strict";
import type { PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import type { ScriptedApi } from "../scripted-api.ts";
import { PATH } from "../service.ts";
import { type GitHubServer, shaOf } from "./github-server.ts";
import { eventually } from "./service.ts";
import { usePullRequests, type PullRequestsOfTest } from "./world.ts";

const QUIET = { comment: false, status: false, deployment: false };
const TOLD = "/api/v1/namespaces/terrarium/configmaps/terrarium-told-pull-requests";

describe("Reports to a pull request", function () {
  // It mostly waits, for requests over connections; on a machine that is full, for longer.
  this.timeout(60_000);

  const world = usePullRequests();
  let gitHub: GitHubServer;
  let api: ScriptedApi;
  let start: PullRequestsOfTest["start"];

  beforeEach(() => {
    ({ gitHub, api, start } = world());
    gitHub.open(1);
  });

  /** Writes a status as the platform service does. */
  async function become(status: PreviewEnvironmentStatus): Promise<void> {
    const path = `${PATH}/shop-pr-1`;
    await eventually(() => api.objects.has(path), "an environment");
    const found = api.objects.get(path);
    const body = { ...found, status: { observedGeneration: found?.metadata.generation, ...status } };
    await api.send("PUT", `${path}/status`, { body });
  }

  const body = () => gitHub.comments[0]?.body ?? "";
  const says = (text: string) => eventually(() => body().includes(text), text);
  /** Environments whose end is still to be told. */
  const told = () => Object.keys((api.objects.get(TOLD) as { data?: object } | undefined)?.data ?? {}).join();
  const writes = () => gitHub.requests.filter((each) => !each.startsWith("GET")).length;

  it("keep one comment up to date, with the commit's status and its deployment, to the end", async () => {
    const service = await start();
    await says("Pending");
    await become({ phase: "Ready", url: "https://shop-pr-1.preview.example.com" });
    await says(": Ready");
    gitHub.open(1, { sha: shaOf(1, 2) });
    await service.hear(1, "synchronize");
    await says(shaOf(1, 2).slice(0, 12));
    gitHub.open(1, { sha: shaOf(1, 2), state: "closed" });
    await service.hear(1, "closed");
    await says("proven gone. Why: the pull request is closed.");
    assert.equal(gitHub.comments.length, 1);
    const ofFirst = gitHub.statuses.filter(({ sha }) => sha === shaOf(1, 1)).map(({ state }) => state);
    assert.deepEqual(ofFirst, ["pending", "success"]);
    assert.deepEqual(
      gitHub.deployments.map(({ sha, states }) => [sha, states]),
      [
        [shaOf(1, 1), ["in_progress", "success", "inactive"]],
        [shaOf(1, 2), ["in_progress", "inactive"]],
      ],
    );
  });

  it("end with the removal, though the service was away when the environment went", async () => {
    const first = await start();
    await says("Pending");
    await become({ phase: "Ready", url: "https://shop-pr-1.preview.example.com" });
    await says(": Ready");
    await first.stop();
    gitHub.open(1, { state: "closed" });
    api.delete(`${PATH}/shop-pr-1`);
    const second = await start();
    await says("proven gone. Why: the pull request is closed.");
    await eventually(() => told() === "", "nothing more to tell");
    assert.deepEqual([gitHub.comments.length, gitHub.deployments[0]?.states.at(-1)], [1, "inactive"]);
    const before = writes();
    await second.stop();
    await start();
    await eventually(() => gitHub.requests.filter((each) => each.endsWith("/pulls")).length >= 3, "a third look");
    assert.equal(writes(), before);
  });

  it("say why an environment went, whoever removed it", async () => {
    gitHub.open(1, { labels: ["preview"] });
    await start({ label: "preview" });
    await says("Pending");
    gitHub.open(1, { labels: [] });
    api.delete(`${PATH}/shop-pr-1`);
    await says("proven gone. Why: it lacks the label preview.");
  });

  it("are owed to nobody where the pull request itself is gone", async () => {
    const first = await start();
    await says("Pending");
    await first.stop();
    gitHub.pulls.clear();
    api.delete(`${PATH}/shop-pr-1`);
    await start();
    await eventually(() => told() === "", "nothing more to tell");
    assert.ok(body().includes("Pending"), body());
  });

  it("are not repeated by a service that starts again", async () => {
    const first = await start();
    await says("Pending");
    await first.stop();
    const before = writes();
    const second = await start();
    const looked = () =>
      gitHub.requests.filter((each) => each.endsWith("/issues/1/comments") && each.startsWith("GET"));
    await eventually(() => looked().length >= 2, "a look at the comments");
    await second.stop();
    assert.equal(writes(), before);
  });

  it("never touch somebody else's comment that looks like them", async () => {
    const forged = gitHub.say(1, "stranger", "<!-- terrarium preview 0000 -->\nTrust me.");
    await start();
    await eventually(() => gitHub.comments.length === 2, "a comment of its own");
    assert.equal(forged.body, "<!-- terrarium preview 0000 -->\nTrust me.");
  });

  it("are made anew where the comment was deleted, and after GitHub has failed", async () => {
    await start({ report: { status: false, deployment: false } });
    await says("Pending");
    gitHub.comments.length = 0;
    gitHub.refuse = (method) => (method === "GET" ? undefined : { status: 502 });
    await become({ phase: "Provisioning" });
    await eventually(() => gitHub.requests.some((each) => each.startsWith("PATCH")), "a try");
    gitHub.refuse = () => undefined;
    await says("Provisioning");
  });

  for (const kind of ["comment", "deployment"] as const)
    it(`are one ${kind} though GitHub's answer was lost`, async () => {
      const path = kind === "comment" ? "/repos/team/shop/issues/1/comments" : "/repos/team/shop/deployments";
      let isLost = false;
      gitHub.refuse = (method, asked) => {
        if (isLost || method !== "POST" || asked !== path) return undefined;
        isLost = true;
        return { status: 502, isDone: true };
      };
      await start({ report: { ...QUIET, [kind]: true } });
      await eventually(() => isLost, "a first try");
      await become({ phase: "Failed" });
      const made = kind === "comment" ? gitHub.comments : gitHub.deployments;
      await eventually(() => /: Failed|failure/.test(JSON.stringify(made)), "a report that it failed");
      assert.deepEqual([isLost, made.length], [true, 1]);
    });

  it("of one that sleeps leave to its commit what was told of it", async () => {
    await start();
    await become({ phase: "Ready", url: "https://shop-pr-1.preview.example.com" });
    await says(": Ready");
    const asleep = { type: "Asleep", status: "True", reason: "Idle", message: "" } as const;
    const conditions = [{ ...asleep, lastTransitionTime: new Date().toISOString(), observedGeneration: 1 }];
    await become({ phase: "Provisioning", conditions });
    await says(": Provisioning");
    await become({ phase: "Asleep", conditions });
    await says(": Asleep");
    assert.deepEqual([gitHub.statuses.at(-1)?.state, gitHub.deployments[0]?.states.at(-1)], ["success", "success"]);
  });

  it("are only those that the rules ask for", async () => {
    await start({ report: { comment: false, deployment: false } });
    await eventually(() => gitHub.statuses.length === 1, "a status");
    assert.deepEqual([gitHub.comments.length, gitHub.deployments.length], [0, 0]);
  });
});
