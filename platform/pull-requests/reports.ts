import type { Environments } from "../adapters/kubernetes/environments.ts";
import type { CommitReport, Scm } from "../adapters/scm.ts";
import type { Clock } from "../clock.ts";
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
  readonly settings: () => Pick<PlatformSettings, "config" | "domain" | "pullRequests">;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a pull request was told last. */
interface Told {
  readonly watched: WatchedRepository;
  readonly number: number;
  readonly report: Report;
  /** Of the comment; undefined where there is none. */
  readonly comment?: number | undefined;
}

/** Milliseconds in which changes count as one. */
const SETTLE_MS = 2_000;
/** Milliseconds of the pauses after reports that failed. */
const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [5_000, 600_000];

/**
 * Tells pull requests of their environments, where something has changed: the comment says what was told last, so that nothing is told
 * again after a restart. For one term of a leader.
 */
export class PullRequestReports {
  readonly #args: PullRequestReportsArgs;
  readonly #queue: WorkQueue;
  /** By the environment's name. */
  readonly #told = new Map<string, Told>();
  /** Why an environment was deleted, by its name. */
  readonly #reasons = new Map<string, string>();
  readonly #selves = new Map<string, Promise<string>>();

  constructor(args: PullRequestReportsArgs) {
    this.#args = args;
    const { clock, log } = args;
    this.#queue = new WorkQueue({
      clock,
      workers: 2,
      firstRetryMs: FIRST_RETRY_MS,
      longestRetryMs: LONGEST_RETRY_MS,
      work: (name) => this.#report(name),
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

  /** Tells of every environment soon. */
  allChanged(): void {
    for (const { metadata } of this.#args.environments.list()) this.changed(metadata.name);
  }

  /** Keeps why an environment is deleted, for the last report. */
  deleted(name: string, why: string): void {
    this.#reasons.set(name, why);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Tells nothing more. @returns when what is being told is told. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #report(name: string): Promise<void> {
    const { environments, settings } = this.#args;
    const environment = environments.get(name);
    if (environment) {
      const found = watchedOf(environment, settings().pullRequests);
      if (found && Object.values(found.watched.rules.report).some(Boolean))
        await this.#tell(name, { ...found, report: reportOf(environment, toReportSettings(settings())) });
      return;
    }
    const told = this.#told.get(name);
    if (told) {
      const why = this.#reasons.get(name) ?? "it was deleted";
      await this.#tell(name, { ...told, report: goneReport(name, told.report.commit, why) });
    }
    this.#told.delete(name);
    this.#reasons.delete(name);
    this.#queue.forget(name);
  }

  async #tell(name: string, { watched, number, report }: Omit<Told, "comment">): Promise<void> {
    const { scm } = this.#args;
    const { path, rules } = watched;
    const before = this.#told.get(name);
    if (before?.report.fingerprint === report.fingerprint) return;
    const found = rules.report.comment ? await this.#findComment(watched, number, before) : undefined;
    if (found && isSameReport(found.text, report)) {
      this.#told.set(name, { watched, number, report, comment: found.id });
      return;
    }
    const { commit, state, summary, url } = report;
    const ofCommit: CommitReport = { commit, environment: name, state, summary, ...(url === undefined ? {} : { url }) };
    if (rules.report.status) await scm.setStatus(path, ofCommit);
    if (rules.report.deployment) {
      if (before && before.report.commit !== commit) await scm.setDeployment(path, outdated(name, before.report));
      await scm.setDeployment(path, ofCommit);
    }
    // The comment goes last: it says that all of it was told.
    const comment = rules.report.comment ? await this.#comment(path, number, found?.id, report.comment) : undefined;
    this.#told.set(name, { watched, number, report, comment });
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
  return { domain, prices: config.prices, hasPolicies: config.runner.policyPacks.length > 0 };
}

function outdated(environment: string, { commit }: Report): CommitReport {
  return { commit, environment, state: "inactive", summary: "A newer commit took its place." };
}
