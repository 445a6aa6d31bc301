import { PREVIEW_ENVIRONMENT, type PreviewEnvironment } from "../../spec/index.ts";
import { isConflict, isNotFound } from "../adapters/kubernetes/api.ts";
import type { Environments } from "../adapters/kubernetes/environments.ts";
import type { ExpiredPullRequests } from "../adapters/kubernetes/expired-pull-requests.ts";
import type { Scm } from "../adapters/scm.ts";
import { type Clock, pause } from "../clock.ts";
import { claimedApprovals, isEnough } from "../domain/pull-requests/approval.ts";
import {
  decidePullRequest,
  environmentFor,
  environmentName,
  isExpired,
  needsApproval,
  type PullRequestDecision,
  pullRequestOf,
} from "../domain/pull-requests/decide.ts";
import { findMissed } from "../domain/pull-requests/poll.ts";
import type { Approval, ChangedFiles, PullRequest } from "../domain/pull-requests/pull-request.ts";
import { type Log, reasonOf } from "../log.ts";
import { remember } from "../remember.ts";
import type { PullRequestSettings, WatchedRepository } from "./settings.ts";
import { WorkQueue } from "../work-queue.ts";

/** Arguments of {@link PullRequests}. */
export interface PullRequestsArgs {
  readonly scm: Scm;
  readonly environments: Pick<Environments, "get" | "list" | "read" | "create" | "change" | "delete">;
  readonly expired: ExpiredPullRequests;
  readonly settings: () => PullRequestSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each comparison of a repository's open pull requests, and whether they could be listed. */
  readonly polled: (repository: string, isOk: boolean) => void;
}

/** What a look finds. */
interface Study {
  /** Of the environment. */
  readonly name: string;
  readonly environment: PreviewEnvironment | undefined;
  readonly pull: PullRequest;
  /** See `PullRequestSituation.expired`. */
  readonly expired: string | undefined;
  readonly decision: PullRequestDecision;
}

/** Pull requests whose files are remembered, as of one commit and one base each. */
const REMEMBERED = 500;
/** Milliseconds of the pauses after looks that failed. */
const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [2_000, 300_000];

/**
 * Gives pull requests their environments, and takes them away again. It is told where to look, by webhooks and by itself at
 * intervals; what it does follows from what it finds there. Any replica may look, one alone polls: looks at the same pull request at
 * the same time end with the same, because each that has made something looks again.
 */
export class PullRequests {
  readonly #args: PullRequestsArgs;
  readonly #queue: WorkQueue;
  readonly #files = new Map<string, ChangedFiles>();
  /** What was said last of each, so that the log says it once. */
  readonly #said = new Map<string, string>();
  /** Environments whose end was noticed, by their uid. */
  readonly #over = new Map<string, true>();
  #pollNow = new AbortController();

  constructor(args: PullRequestsArgs) {
    this.#args = args;
    const { clock, log } = args;
    this.#queue = new WorkQueue({
      clock,
      firstRetryMs: FIRST_RETRY_MS,
      longestRetryMs: LONGEST_RETRY_MS,
      work: (key) => this.#lookAt(key),
      failed: (key, error, retryInMs) => {
        log.warn("a pull request could not be looked at; nothing is done about it", {
          pullRequest: key,
          reason: reasonOf(error),
          retryInMs,
        });
      },
    });
  }

  /** Looks at a pull request soon. @returns whether the configuration knows its repository. */
  look(path: string, number: number): boolean {
    const watched = this.#watched(path);
    if (watched) this.#queue.add(keyOf(watched, number));
    return watched !== undefined;
  }

  /** Decides about a pull request as of now, and does nothing. @returns undefined where the server knows none. */
  async decide(watched: WatchedRepository, number: number): Promise<PullRequestDecision | undefined> {
    return (await this.#study(watched, number))?.decision;
  }

  /** Looks at the pull request of an environment soon that is gone, which may be wanted again, or whose time is over. */
  environmentChanged(name: string): void {
    const environment = this.#args.environments.get(name);
    const isOver = environment && isExpired(environment) && !this.#over.has(environment.metadata.uid);
    if (environment && !isOver) return;
    if (environment) remember(this.#over, environment.metadata.uid, true, REMEMBERED);
    for (const watched of this.#args.settings().repositories) {
      const number = (environment && pullRequestOf(environment, watched.address)) ?? numberIn(watched, name);
      if (number !== undefined) this.#queue.add(keyOf(watched, number));
    }
  }

  /** Compares everything soon: the rules may have changed. */
  settingsChanged(): void {
    this.#pollNow.abort();
  }

  /** Compares all open pull requests with all environments, again and again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.poll();
      this.#pollNow = new AbortController();
      const { clock, settings } = this.#args;
      await pause(clock, settings().intervalMs, AbortSignal.any([signal, this.#pollNow.signal]));
    }
  }

  /** Compares them once, and looks at what differs. Never rejects. */
  async poll(): Promise<void> {
    await Promise.all(this.#args.settings().repositories.map((watched) => this.#poll(watched)));
  }

  /** Settles when every pull request that is to be looked at was looked at. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Looks at nothing more. @returns when what is being done is done. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #poll(watched: WatchedRepository): Promise<void> {
    const { scm, environments, expired, log, polled } = this.#args;
    const { path, address: repository, rules } = watched;
    try {
      const open = await scm.listOpen(path);
      const known = [...(await expired.read())].flatMap(([name, commit]): [number, string][] => {
        const number = numberIn(watched, name);
        return number === undefined ? [] : [[number, commit]];
      });
      const missed = findMissed({
        repository,
        rules,
        open,
        // After the pull requests: what came between them is there.
        environments: environments.list(),
        filesOf: (pull) => this.#files.get(fileKey(watched, pull)),
        expired: new Map(known),
      });
      log.debug("open pull requests were compared", { repository: path, open: open.length, missed: missed.length });
      for (const number of missed) this.#queue.add(keyOf(watched, number));
      polled(path, true);
    } catch (error) {
      polled(path, false);
      log.warn("the open pull requests can't be listed; nothing is done about them", {
        repository: path,
        reason: reasonOf(error),
      });
    }
  }

  async #lookAt(key: string): Promise<void> {
    const [path = "", number = ""] = key.split("#");
    const watched = this.#watched(path);
    if (watched === undefined) return;
    try {
      await this.#lookOnce(watched, Number(number));
    } catch (error) {
      // Somebody else has changed the object, or made it: it is decided anew.
      if (!isConflict(error) && !isNotFound(error)) throw error;
      this.#queue.add(key);
    }
  }

  async #lookOnce(watched: WatchedRepository, number: number): Promise<void> {
    const { expired, log } = this.#args;
    const found = await this.#study(watched, number);
    if (found === undefined) {
      log.warn("there is no such pull request, or the service may not see it; nothing is done", {
        repository: watched.path,
        pullRequest: number,
      });
      return;
    }
    const { name, environment, pull, expired: before, decision } = found;
    this.#say(watched, pull, name, decision);
    if (!isUp(environment) && decision.expired !== before) await expired.write(name, decision.expired);
    await this.#carryOut(decision, environment);
    // What was made while the pull request was closed has to go again.
    if (decision.action.do === "create") this.#queue.add(keyOf(watched, number));
  }

  async #study(watched: WatchedRepository, number: number): Promise<Study | undefined> {
    const { scm, environments, expired } = this.#args;
    const { path, address: repository, rules } = watched;

    // 1. What there is; the pull request last, so that what is decided on is as new as can be.
    const named = environmentFor(number, { repository, rules }, environments.list());
    const name = named?.metadata.name ?? environmentName(rules, number);
    const environment = await environments.read(name);
    const before = isUp(environment) ? undefined : (await expired.read()).get(name);
    const pull = await scm.read(path, number);
    if (pull === undefined) return undefined;

    // 2. What only some decisions depend on.
    const files = pull.isOpen && rules.paths.length > 0 ? await this.#filesOf(watched, pull) : undefined;
    const known = {
      repository,
      rules,
      pull,
      ...(environment ? { environment } : {}),
      ...(files ? { files } : {}),
      ...(before === undefined ? {} : { expired: before }),
    };
    const approval =
      needsApproval(known) && decidePullRequest(known).isWanted ? await this.#approvalOf(watched, pull) : undefined;

    // 3. Decide.
    const decision = decidePullRequest({ ...known, ...(approval ? { approval } : {}) });
    return { name, environment, pull, expired: before, decision };
  }

  async #carryOut({ action }: PullRequestDecision, environment: PreviewEnvironment | undefined): Promise<void> {
    const { environments } = this.#args;
    const { group, version, kind } = PREVIEW_ENVIRONMENT;
    if (action.do === "create")
      await environments.create(
        { apiVersion: `${group}/${version}`, kind, metadata: { name: action.name }, spec: action.spec },
        false,
      );
    if (environment === undefined) return;
    if (action.do === "change") await environments.change(environment, { spec: action.spec });
    if (action.do === "delete") await environments.delete(environment);
  }

  async #filesOf(watched: WatchedRepository, pull: PullRequest): Promise<ChangedFiles> {
    const key = fileKey(watched, pull);
    const files = this.#files.get(key) ?? (await this.#args.scm.changedFiles(watched.path, pull.number));
    remember(this.#files, key, files, REMEMBERED);
    return files;
  }

  /** The newest approval of the pull request's commit by somebody who may give it. */
  async #approvalOf({ path, rules }: WatchedRepository, pull: PullRequest): Promise<Approval | undefined> {
    const { scm, log } = this.#args;
    for (const approval of claimedApprovals(await scm.comments(path, pull.number), pull.commit)) {
      const permission = await scm.permissionOf(path, approval.by);
      if (isEnough(permission, rules.approvers)) return approval;
      log.warn("an approval does not count", { ...approval, pullRequest: `${path}#${pull.number}`, permission });
    }
    return undefined;
  }

  #say(watched: WatchedRepository, pull: PullRequest, environment: string, { action, why }: PullRequestDecision): void {
    const key = keyOf(watched, pull.number);
    const text = `${action.do} ${why}`;
    if (this.#said.get(key) === text) return;
    remember(this.#said, key, text, REMEMBERED);
    this.#args.log.info("pull request decided", {
      pullRequest: key,
      commit: pull.commit.slice(0, 12),
      environment,
      decision: action.do,
      why,
    });
  }

  /** Paths of GitHub are the same in capital and small letters. */
  #watched(path: string): WatchedRepository | undefined {
    return this.#args.settings().repositories.find((watched) => watched.path.toLowerCase() === path.toLowerCase());
  }
}

/** The pull request of an environment, among those of watched repositories. */
export function watchedOf(
  environment: PreviewEnvironment,
  { repositories }: PullRequestSettings,
): { readonly watched: WatchedRepository; readonly number: number } | undefined {
  for (const watched of repositories) {
    const number = pullRequestOf(environment, watched.address);
    if (number !== undefined) return { watched, number };
  }
  return undefined;
}

function isUp(environment: PreviewEnvironment | undefined): boolean {
  return environment !== undefined && environment.metadata.deletionTimestamp === undefined;
}

/** The number of the pull request whose environment has a name; undefined where none of the repository's has. */
function numberIn({ rules }: WatchedRepository, name: string): number | undefined {
  const start = environmentName(rules, 0).slice(0, -1);
  const number = name.startsWith(start) ? name.slice(start.length) : "";
  return /^[1-9]\d{0,9}$/.test(number) ? Number(number) : undefined;
}

function keyOf({ path }: WatchedRepository, number: number): string {
  return `${path}#${number}`;
}

/** What it changes depends on what it is compared with. */
function fileKey(watched: WatchedRepository, { number, commit, base }: PullRequest): string {
  return `${keyOf(watched, number)}@${commit} ${base}`;
}
