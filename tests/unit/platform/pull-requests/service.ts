import { setTimeout as delay } from "node:timers/promises";
import type { Api } from "../../../../platform/adapters/kubernetes/api.ts";
import { Environments } from "../../../../platform/adapters/kubernetes/environments.ts";
import type { ObjectSource } from "../../../../platform/adapters/kubernetes/informer.ts";
import { systemClock as clock } from "../../../../platform/clock.ts";
import { platformConfigSchema, type PlatformSettings, toSettings } from "../../../../platform/config.ts";
import { portOf, serve } from "../../../../platform/http/server.ts";
import type { LogFields } from "../../../../platform/log.ts";
import { gitHubPullRequests } from "../../../../platform/pull-requests/index.ts";
import { quietLog } from "../quiet-log.ts";
import type { GitHubServer } from "./github-server.ts";

export const REPOSITORY = "https://git.example.com/team/shop";
export const WEBHOOK_SECRET = "the secret of this test's webhooks";

/** What a test gives the service. */
export interface PullRequestWorld {
  readonly gitHub: GitHubServer;
  readonly api: Api;
  readonly watch: ObjectSource["watch"];
  /** Folder with the files `token` and `webhook-secret`. */
  readonly folder: string;
  readonly rules?: object;
  /** @default { tokenFile } */
  readonly auth?: object;
  /** Between two polls. @default none but the first */
  readonly interval?: string;
  readonly base?: object;
  /** Whether requests keep GitHub's distances, and its limits. @default false */
  readonly isThrottled?: boolean;
}

/** Settings as the service reads them. */
export function settingsOf({
  gitHub,
  folder,
  rules = {},
  auth,
  interval = "23h",
  base,
}: PullRequestWorld): PlatformSettings {
  const shop = base ?? { services: { web: { image: "team/shop:1.0.0" } } };
  const config = platformConfigSchema.parse({
    repositories: { [REPOSITORY]: { base: shop, pullRequests: rules } },
    pullRequests: {
      interval,
      github: {
        api: gitHub.url,
        webhookSecretFile: `${folder}/webhook-secret`,
        ...(auth ?? { tokenFile: `${folder}/token` }),
      },
    },
    prices: { cpu: 20, memory: 3, storage: 0.1 },
    url: "https://{name}.preview.example.com",
  });
  return toSettings(config, { [REPOSITORY]: shop });
}

/** The part of the platform service that has to do with pull requests, as its leader runs it, with its HTTP server. */
export async function startPullRequests(world: PullRequestWorld) {
  const { api, watch } = world;
  const log = quietLog();
  const story: LogFields[] = [];
  const polls: string[] = [];
  const settings = settingsOf(world);
  const { github } = settings.config.pullRequests;
  if (github === undefined) throw new Error("the configuration has no GitHub");
  const telling = {
    ...log,
    info: (message: string, fields: LogFields = {}) => {
      story.push({ message, ...fields });
      log.info(message, fields);
    },
  };
  const environments = new Environments({ api, namespace: "terrarium", watch, clock, log, changed: () => undefined });
  const service = gitHubPullRequests({
    ...{ github, api, environments, settings: () => settings, isLeading: () => true, clock, log: telling },
    metrics: {
      pullRequestsPolled: (repository, isOk) => polls.push(`${repository} ${isOk ? "ok" : "failed"}`),
      webhookAnswered: () => undefined,
    },
    pace: { isThrottled: world.isThrottled ?? false, retryMs: 10 },
  });
  await environments.start();
  const over = new AbortController();
  service.lead(over.signal);
  const metrics = { text: () => Promise.resolve({ type: "text/plain", text: "" }) };
  const server = await serve({
    ...{ port: 0, address: "127.0.0.1", notReady: () => undefined, metrics, log, plugins: [service.webhooks] },
  });
  const address = `http://127.0.0.1:${portOf(server)}/webhooks/github`;
  return {
    environments,
    lines: log.lines,
    /** Each comparison, and how it ended. */
    polls,
    /** What was decided, in its order. */
    story,
    /** Compares everything now. */
    poll: () => {
      service.settingsChanged();
    },
    deliver: async (webhook: RequestInit): Promise<number> => (await fetch(address, webhook)).status,
    hear: async (number: number, action: string, event?: string): Promise<number> =>
      (await fetch(address, await world.gitHub.webhook(number, action, WEBHOOK_SECRET, event))).status,
    stop: async () => {
      over.abort();
      await service.stop();
      await environments.stop();
      await server.close();
    },
  };
}

/** Waits until something holds, which is looked at again and again. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string, seconds = 30): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`within ${seconds} s it did not come to this: ${what}`);
    await delay(10);
  }
}
