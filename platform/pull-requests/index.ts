import { GitHubClients, type Pace } from "../adapters/github/client.ts";
import { gitHubScm } from "../adapters/github/scm.ts";
import type { Api } from "../adapters/kubernetes/api.ts";
import type { Environments } from "../adapters/kubernetes/environments.ts";
import { expiredPullRequests } from "../adapters/kubernetes/expired-pull-requests.ts";
import { toldPullRequests } from "../adapters/kubernetes/told-pull-requests.ts";
import type { Clock } from "../clock.ts";
import type { PlatformConfig, PlatformSettings } from "../config.ts";
import type { Metrics } from "../http/metrics.ts";
import type { HttpPlugin } from "../http/server.ts";
import type { Log } from "../log.ts";
import { readSecretFile } from "../secret-files.ts";
import { PullRequests } from "./looks.ts";
import { PullRequestReports } from "./reports.ts";
import { gitHubWebhooks } from "./webhooks.ts";

/** Arguments of {@link gitHubPullRequests}. */
export interface GitHubPullRequestsArgs {
  readonly github: NonNullable<PlatformConfig["pullRequests"]["github"]>;
  readonly api: Api;
  readonly environments: Environments;
  /** The configuration that counts now. */
  readonly settings: () => PlatformSettings;
  readonly isLeading: () => boolean;
  readonly metrics: Pick<Metrics, "pullRequestsPolled" | "webhookAnswered">;
  readonly clock: Clock;
  readonly log: Log;
  /** @default as GitHub asks */
  readonly pace?: Pace;
}

/** Environments of pull requests: what the service has to do with them while it runs. */
export interface PullRequestService {
  /** Takes webhooks, on every replica. */
  readonly webhooks: HttpPlugin;
  /** The configuration has changed. */
  readonly settingsChanged: () => void;
  /** Compares and reports until the signal aborts, as the leader does. */
  readonly lead: (over: AbortSignal) => void;
  /** Looks at nothing more. @returns when what is being done is done. */
  readonly stop: () => Promise<void>;
}

/** Gives pull requests on a GitHub their environments. */
export function gitHubPullRequests(args: GitHubPullRequestsArgs): PullRequestService {
  const { github, api, environments, settings, isLeading, metrics, clock, log, pace } = args;
  const { webhookSecretFile } = github;
  const scm = gitHubScm(new GitHubClients({ access: github, clock, log, ...(pace ? { pace } : {}) }));
  let reports: PullRequestReports | undefined;
  let term = Promise.resolve();
  const pullRequests = new PullRequests({
    scm,
    environments,
    expired: expiredPullRequests(api, settings().config.namespace),
    settings: () => settings().pullRequests,
    clock,
    log,
    polled: (repository, isOk) => {
      metrics.pullRequestsPolled(repository, isOk);
    },
  });
  const unfollow = environments.follow((name) => {
    reports?.changed(name);
    if (isLeading()) pullRequests.environmentChanged(name);
  });
  return {
    webhooks: gitHubWebhooks({
      // Read for each webhook: a secret that was renewed counts at once.
      secret: webhookSecretFile === undefined ? undefined : () => readSecretFile(webhookSecretFile),
      look: (repository, number) => pullRequests.look(repository, number),
      answered: (result) => {
        metrics.webhookAnswered(result);
      },
      log,
    }),
    settingsChanged: () => {
      pullRequests.settingsChanged();
      reports?.allChanged();
    },
    lead: (over) => {
      const own = new PullRequestReports({
        ...{ scm, environments, settings, clock, log },
        told: toldPullRequests(api, settings().config.namespace),
        decide: (watched, number) => pullRequests.decide(watched, number),
      });
      reports = own;
      own.allChanged();
      // A leader that has lost its place waits for no server: what is still being asked does no harm.
      term = pullRequests.run(over).then(() => own.stop());
    },
    stop: async () => {
      unfollow();
      await pullRequests.stop();
      await term;
    },
  };
}
