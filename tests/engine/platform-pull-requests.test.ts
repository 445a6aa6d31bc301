import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readClusterAccess } from "../../platform/adapters/kubernetes/access.ts";
import { clusterWatch } from "../../platform/adapters/kubernetes/environments.ts";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { GitHubServer, shaOf } from "../unit/platform/pull-requests/github-server.ts";
import { eventually, REPOSITORY, startPullRequests, WEBHOOK_SECRET } from "../unit/platform/pull-requests/service.ts";
import { ENVIRONMENTS, PlatformCluster } from "./platform-cluster.ts";

/** Pull requests of the simulation, what happens to them, and which chance it is: TERRARIUM_PULLS=50 for fewer. */
const PULLS = Number(process.env["TERRARIUM_PULLS"] ?? 200);
const SEED = Number(process.env["TERRARIUM_PULLS_SEED"] ?? 1);
const EVENTS = PULLS * 5;
const PLANTED = "planted-value-of-the-platform";

describe("pull requests and their environments", () => {
  let cluster: PlatformCluster;
  let gitHub: GitHubServer;
  let folder: string;

  before(async () => {
    cluster = await PlatformCluster.create();
    folder = cluster.checkout.folder;
    writeFileSync(join(folder, "token"), "ghp_planted");
    writeFileSync(join(folder, "webhook-secret"), WEBHOOK_SECRET);
    writeFileSync(join(folder, "payment-token"), PLANTED);
  });

  after(() => cluster.remove());

  beforeEach(async () => {
    gitHub = await GitHubServer.start();
  });

  afterEach(() => gitHub.stop());

  it(`end with exactly those of the open ones, of ${PULLS} over webhooks that are lost, doubled and out of order`, async () => {
    const watch = clusterWatch(readClusterAccess({ kubeconfig: cluster.kubeconfig }));
    const service = await startPullRequests({
      ...{ gitHub, api: cluster.api, watch, folder, interval: "2s" },
      rules: { label: "preview", report: { comment: false, status: false, deployment: false } },
    });
    const counts = { sent: 0, lost: 0, doubled: 0, late: 0, events: 0 };
    try {
      await simulate(gitHub, service.deliver, counts);
      const wanted = (): string[] =>
        [...gitHub.pulls.values()]
          .filter(({ state, draft, labels }) => state === "open" && !draft && labels.includes("preview"))
          .map(({ number, sha }) => `shop-pr-${number} ${sha}`)
          .toSorted();
      const there = async (): Promise<string[]> => {
        const { items } = await cluster.api.send<{ items: PreviewEnvironment[] }>("GET", ENVIRONMENTS);
        return items.map(({ metadata, spec }) => `${metadata.name} ${spec.source.commit ?? ""}`).toSorted();
      };
      await eventually(async () => String(await there()) === String(wanted()), "exactly the open ones", 240);
      assert.ok(wanted().length > PULLS / 10 && wanted().length < PULLS, String(wanted().length));
      console.log(
        `      ${JSON.stringify({ ...counts, seed: SEED, open: wanted().length, asked: gitHub.requests.length })}`,
      );
      assert.ok(Math.min(counts.lost, counts.late, counts.doubled) > EVENTS / 20, "the way was reliable");
      tellStory(service.story);
    } finally {
      await service.stop();
      // No service runs that would have something to remove.
      await cluster.api.send("DELETE", ENVIRONMENTS);
    }
  });

  it("run with the platform's secrets where they are the repository's own, and without any where they are a fork's", async () => {
    gitHub.roles.set("grace", "write");
    gitHub.open(901, { author: "ada" });
    gitHub.open(902, { author: "stranger", fork: true });
    const config = {
      repositories: {
        [REPOSITORY]: {
          base: {
            services: {
              web: {
                image: "team/shop:1.0.0",
                command: ["/bin/sh", "-c", "env"],
                secrets: { PAYMENT_TOKEN: { config: "payment-token" } },
              },
            },
          },
          secretFiles: { "payment-token": join(folder, "payment-token") },
          pullRequests: { forks: "approve", report: { status: false, deployment: false } },
        },
      },
      pullRequests: {
        interval: "2s",
        github: {
          api: gitHub.url,
          tokenFile: join(folder, "token"),
          webhookSecretFile: join(folder, "webhook-secret"),
        },
      },
    };
    const service = cluster.start("pull-requests", config);
    const isReady = (found: PreviewEnvironment | undefined) => found?.status?.phase === "Ready";
    await cluster.environmentUntil("shop-pr-901", isReady, 120);
    await cluster.environmentUntil("shop-pr-902", (found) => reasonOf(found) === "ApprovalNeeded", 60);
    assert.equal(await cluster.read("/api/v1/namespaces/preview-shop-pr-902"), undefined);
    gitHub.say(902, "grace", `/approve ${shaOf(902, 1)}`);
    await cluster.environmentUntil("shop-pr-902", isReady, 120);
    assert.ok((await secretsOf("preview-shop-pr-901")).includes(PLANTED), "the other finding would prove nothing");
    assert.ok(!(await secretsOf("preview-shop-pr-902")).includes(PLANTED));
    assert.doesNotMatch(await podsOf("preview-shop-pr-902"), /PAYMENT_TOKEN/);
    await eventually(() => gitHub.comments.filter(({ body }) => body.includes(": Ready")).length === 2, "reports", 60);
    // What it would tell last remains for the next service.
    gitHub.refuse = (method) => (method === "GET" ? undefined : { status: 502 });
    for (const pull of gitHub.pulls.values()) pull.state = "closed";
    for (const name of ["shop-pr-901", "shop-pr-902"])
      await cluster.environmentUntil(name, (found) => found === undefined, 120);
    await service.kill();
    gitHub.refuse = () => undefined;
    assert.ok(!gitHub.comments.some(({ body }) => body.includes("proven gone")));
    const next = cluster.start("pull-requests-again", config);
    await eventually(() => gitHub.comments.filter(({ body }) => body.includes("proven gone")).length === 2, "ends", 90);
    assert.equal(await next.stop(), 0);
    for (const { log } of [service, next]) assert.ok(!log.includes(PLANTED) && !log.includes("ghp_planted"));
    assert.ok(!gitHub.comments.some(({ body }) => body.includes(PLANTED)));
  });

  /** All Secrets of a namespace, as they read. */
  async function secretsOf(namespace: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    const { items } = await cluster.api.send<{ items: { data?: Record<string, string> }[] }>("GET", path);
    return items
      .flatMap(({ data = {} }) => Object.values(data).map((value) => Buffer.from(value, "base64").toString()))
      .join("\n");
  }

  async function podsOf(namespace: string): Promise<string> {
    return JSON.stringify(await cluster.api.send("GET", `/api/v1/namespaces/${namespace}/pods`));
  }

  /** The decisions about the pull request that most was decided about. */
  function tellStory(story: readonly Readonly<Record<string, unknown>>[]): void {
    const decisions = story.filter(({ message }) => message === "pull request decided");
    const pulls = [...new Set(decisions.map(({ pullRequest }) => pullRequest))];
    const [longest = []] = pulls
      .map((each) => decisions.filter(({ pullRequest }) => pullRequest === each))
      .toSorted((a, b) => b.length - a.length);
    for (const { pullRequest, commit, decision, why } of longest)
      console.log(`      ${[pullRequest, commit, decision, why].map(String).join("  ")}`);
  }
});

/** Lets things happen to pull requests at random, over an unreliable way and with three outages. */
async function simulate(
  gitHub: GitHubServer,
  deliver: (webhook: RequestInit) => Promise<number>,
  counts: Record<"sent" | "lost" | "doubled" | "late" | "events", number>,
): Promise<void> {
  const random = fc.sample(fc.noBias(fc.nat(999_999)), { seed: SEED, numRuns: EVENTS * 4 });
  const chance = (): number => (random.pop() ?? 0) / 1_000_000;
  const late: RequestInit[] = [];
  const send = async (webhook: RequestInit): Promise<void> => {
    counts.sent++;
    assert.ok([200, 202].includes(await deliver(webhook)));
  };
  for (let event = 0; event < EVENTS; event++) {
    const third = (event * 3) % EVENTS;
    if (third < 3) gitHub.refuse = () => ({ status: 502 });
    if (third >= EVENTS / 10 && third < EVENTS / 10 + 3) gitHub.refuse = () => undefined;
    const number = 1 + Math.floor(chance() * PULLS);
    const action = happen(gitHub, event < PULLS ? event + 1 : number, chance());
    counts.events++;
    const webhook = await gitHub.webhook(event < PULLS ? event + 1 : number, action, WEBHOOK_SECRET);
    const luck = chance();
    if (luck < 0.1) counts.lost++;
    else if (luck < 0.2) {
      counts.late++;
      late.push(webhook);
    } else {
      await send(webhook);
      if (luck < 0.3) {
        counts.doubled++;
        await send(webhook);
      }
    }
    if (late.length > 5) await send(late.splice(Math.floor(chance() * late.length), 1)[0] ?? webhook);
  }
  for (const webhook of late.reverse()) await send(webhook);
  gitHub.refuse = () => undefined;
}

/** Something happens to a pull request. @returns what GitHub calls it. */
function happen(gitHub: GitHubServer, number: number, chance: number): string {
  const pull = gitHub.pulls.get(number);
  if (pull === undefined) {
    gitHub.open(number, { labels: chance < 0.7 ? ["preview"] : [] });
    return "opened";
  }
  if (pull.state === "closed") {
    pull.state = "open";
    return "reopened";
  }
  if (chance < 0.3) {
    pull.sha = shaOf(number, Number.parseInt(pull.sha.slice(0, 8), 16) + 1);
    return "synchronize";
  }
  if (chance < 0.5) {
    pull.labels = pull.labels.length > 0 ? [] : ["preview"];
    return pull.labels.length > 0 ? "labeled" : "unlabeled";
  }
  if (chance < 0.65) {
    pull.draft = !pull.draft;
    return pull.draft ? "converted_to_draft" : "ready_for_review";
  }
  pull.state = "closed";
  return "closed";
}

function reasonOf(environment: PreviewEnvironment | undefined): string | undefined {
  return environment?.status?.conditions?.find(({ type }) => type === "Ready")?.reason;
}
