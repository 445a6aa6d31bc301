import { isDeepStrictEqual } from "node:util";
import type { Environments } from "../adapters/kubernetes/environments.ts";
import type { ToldPullRequest, ToldPullRequests } from "../adapters/kubernetes/told-pull-requests.ts";
import type { CommitReport, Scm } from "../adapters/scm.ts";
import type { Clock } from "../clock.ts";
import type { PullRequestDecision } from "../domain/pull-requests/decide.ts";
import {
  goneReport,
  isReport,
  isSameReport,
  type Report,
  reportOf,
  type ReportSettings,
} from "../domain/pull-requests/report.ts";
import type { PlatformSettings } from "../config.ts";
import { type Log, reasonOf } from "../log.ts";
import type { WatchedRepository } from "./settings.ts";
import { watchedOf } from "./looks.ts";
import { WorkQueue } from "../work-queue.ts";

/** Arguments of {@link PullRequestReports}. */
export interface PullRequestReportsArgs {
  readonly scm: Scm;
  readonly environments: Pick<Environments, "get" | "list">;
  /** What outlasts a restart: whom to tell when an environment is gone. */
  readonly told: ToldPullRequests;
  /** What is decided about a pull request as of now; undefined where the server knows none. */
  readonly decide: (watched: WatchedRepository, number: number) => Promise<PullRequestDecision | undefined>;
  readonly settings: () => Pick<PlatformSettings, "config" | "domain" | "pullRequests">;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a pull request was told last. */
interface Told {
  readonly fingerprint: string;
  /** Of the comment; undefined where there is none. */
  readonly comment?: number | undefined;
}

/** A report, and who gets it. */
interface Telling {
  readonly watched: WatchedRepository;
  readonly number: number;
  readonly report: Report;
}

/** Milliseconds in which changes count as one. */
const SETTLE_MS = 2_000;
/** Milliseconds of the pauses after reports that failed. */
const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [5_000, 600_000];
/** In place of an environment's name: all of them. */
const ALL = "*";

/**
 * Tells pull requests of their environments, where something has changed: the comment says what was told last, so that nothing is told
 * again after a restart. For one term of a leader.
 */
export class PullRequestReports {
  readonly #args: PullRequestReportsArgs;
  readonly #queue: WorkQueue;
  /** By the environment's name. */
  readonly #told = new Map<string, Told>();
  /** As it is written down. */
  #known: Promise<Map<string, ToldPullRequest>> | undefined;
  readonly #selves = new Map<string, Promise<string>>();

  constructor(args: PullRequestReportsArgs) {
    this.#args = args;
    const { clock, log } = args;
    this.#queue = new WorkQueue({
      clock,
      workers: 2,
      firstRetryMs: FIRST_RETRY_MS,
      longestRetryMs: LONGEST_RETRY_MS,
      work: (name) => (name === ALL ? this.#addAll() : this.#report(name)),
      failed: (environment, error, retryInMs) => {
        log.warn("a pull request could not be told of its environment", {
          environment,
          reason: reasonOf(error),
          retryInMs,
        });
      },
    });
  }

  /** Tells of an environment soon. Of one that no pull request has, nothing is told. */
  changed(name: string): void {
    this.#queue.addAfter(name, SETTLE_MS);
  }

  /** Tells of every environment soon, and of those that are gone without their pull requests having been told. */
  allChanged(): void {
    this.#queue.add(ALL);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Tells nothing more. @returns when what is being told is told. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #addAll(): Promise<void> {
    const there = this.#args.environments.list().map(({ metadata }) => metadata.name);
    for (const name of new Set([...there, ...(await this.#readKnown()).keys()])) this.changed(name);
  }

  async #report(name: string): Promise<void> {
    const environment = this.#args.environments.get(name);
    if (environment === undefined) {
      await this.#reportEnd(name);
      return;
    }
    const settings = this.#args.settings();
    const found = watchedOf(environment, settings.pullRequests);
    if (found && isTold(found.watched))
      await this.#tell(name, { ...found, report: reportOf(environment, toReportSettings(settings)) });
  }

  /** Tells that an environment is gone, and why it is not wanted, as of now. */
  async #reportEnd(name: string): Promise<void> {
    const { decide, settings } = this.#args;
    const last = (await this.#readKnown()).get(name);
    const watched = settings().pullRequests.repositories.find(({ path }) => path === last?.repository);
    // Nobody is there to be told where the pull request itself is gone.
    const decision = last && watched && isTold(watched) ? await decide(watched, last.number) : undefined;
    if (last && watched && decision) {
      const why = decision.isWanted ? "it was deleted" : decision.why;
      await this.#tell(name, { watched, number: last.number, report: goneReport(name, last.commit, why) });
    }
    if (last) await this.#write(name, undefined);
    this.#told.delete(name);
    this.#queue.forget(name);
  }

  async #tell(name: string, { watched, number, report }: Telling): Promise<void> {
    const { scm } = this.#args;
    const { path, rules } = watched;
    const { commit, state, summary, url, fingerprint } = report;
    const before = this.#told.get(name);
    if (before?.fingerprint === fingerprint) return;

    // 1. What is told from here on must not be its last word.
    const last = (await this.#readKnown()).get(name);
    if (last && last.commit !== commit && rules.report.deployment)
      await scm.setDeployment(path, outdated(name, last.commit));
    const next = { repository: path, number, commit };
    if (!isDeepStrictEqual(last, next)) await this.#write(name, next);

    // 2. The comment tells whether it was told before.
    const found = rules.report.comment ? await this.#findComment(watched, number, before) : undefined;
    if (found && isSameReport(found.text, report)) {
      this.#told.set(name, { fingerprint, comment: found.id });
      return;
    }

    // 3. Tell it; the comment goes last, because it says that all of it was told.
    if (state !== undefined) {
      const more = url === undefined ? {} : { url };
      const ofCommit: CommitReport = { commit, environment: name, state, summary, ...more };
      if (rules.report.status) await scm.setStatus(path, ofCommit);
      if (rules.report.deployment) await scm.setDeployment(path, ofCommit);
    }
    const comment = rules.report.comment ? await this.#comment(path, number, found?.id, report.comment) : undefined;
    this.#told.set(name, { fingerprint, comment });
  }

  #readKnown(): Promise<Map<string, ToldPullRequest>> {
    const known = this.#known ?? this.#args.told.read().then((entries) => new Map(entries));
    this.#known = known;
    known.catch(() => (this.#known = undefined));
    return known;
  }

  async #write(name: string, told: ToldPullRequest | undefined): Promise<void> {
    await this.#args.told.write(name, told);
    const known = await this.#readKnown();
    if (told) known.set(name, told);
    else known.delete(name);
  }

  /** The service's own comment: anybody could write one that looks like it. */
  async #findComment(
    { path }: WatchedRepository,
    number: number,
    before: Told | undefined,
  ): Promise<{ readonly id: number; readonly text: string } | undefined> {
    if (before?.comment !== undefined) return { id: before.comment, text: "" };
    const self = await this.#selfIn(path);
    const comments = await this.#args.scm.comments(path, number);
    return comments.find(({ author, text }) => author === self && isReport(text));
  }

  #selfIn(path: string): Promise<string> {
    const known = this.#selves.get(path) ?? this.#args.scm.self(path);
    this.#selves.set(path, known);
    known.catch(() => this.#selves.delete(path));
    return known;
  }

  async #comment(path: string, number: number, id: number | undefined, text: string): Promise<number> {
    const { scm } = this.#args;
    if (id !== undefined && (await scm.updateComment(path, id, text))) return id;
    return scm.createComment(path, number, text);
  }
}

function toReportSettings({ config, domain }: Pick<PlatformSettings, "config" | "domain">): ReportSettings {
  return {
    domain,
    prices: config.prices,
    hasPolicies: config.runner.policyPacks.length > 0,
    dashboard: config.http.url,
  };
}

/** Whether a repository's pull requests are told anything. */
function isTold({ rules }: WatchedRepository): boolean {
  return Object.values(rules.report).some(Boolean);
}

function outdated(environment: string, commit: string): CommitReport {
  return { commit, environment, state: "inactive", summary: "A newer commit took its place." };
}
