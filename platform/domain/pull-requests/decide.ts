import type { PreviewEnvironment, PreviewEnvironmentSpec } from "../../../spec/index.ts";
import { branchName } from "../../../spec/source.ts";
import { conditionOf } from "../conditions.ts";
import { repositoryKey } from "../names.ts";
import { isTaken } from "./patterns.ts";
import type { Approval, ChangedFiles, PullRequest, PullRequestRules } from "./pull-request.ts";

/** All that is known of a pull request and its environment. */
export interface PullRequestSituation {
  /** Address of the repository, as the configuration has it. */
  readonly repository: string;
  readonly rules: PullRequestRules;
  readonly pull: PullRequest;
  /** @default not known */
  readonly files?: ChangedFiles;
  /** One for a commit of this pull request, by somebody who may. */
  readonly approval?: Approval;
  /** The object that has the pull request's name. */
  readonly environment?: PreviewEnvironment;
  /** Commit of an earlier environment of it, whose time to live ended. */
  readonly expired?: string;
}

/** What is to be done about a pull request's environment. Doing it again does no harm. */
export type PullRequestAction =
  | { readonly do: "nothing" }
  | { readonly do: "create"; readonly name: string; readonly spec: PreviewEnvironmentSpec }
  /** A merge patch of the spec. */
  | { readonly do: "change"; readonly spec: Partial<PreviewEnvironmentSpec> }
  | { readonly do: "delete" };

/** What is to be done, and why, for the log and for the report. */
export interface PullRequestDecision {
  readonly action: PullRequestAction;
  readonly why: string;
  /** Whether the pull request gets an environment, or would if it could have that name. */
  readonly isWanted: boolean;
  /** To be known at the next decision: see {@link PullRequestSituation.expired}. */
  readonly expired?: string;
}

/** Name of a pull request's environment. */
export function environmentName({ name }: Pick<PullRequestRules, "name">, number: number): string {
  return `${name}-pr-${number}`;
}

/** The number of the pull request that an Environment is of; undefined where it is of none of the repository's. */
export function pullRequestOf({ spec }: PreviewEnvironment, repository: string): number | undefined {
  return repositoryKey(spec.source.repository) === repositoryKey(repository) ? spec.pullRequest?.number : undefined;
}

/** The object that stands for a pull request, under whatever name, or else the one that has its name. */
export function environmentFor(
  number: number,
  { repository, rules }: Pick<PullRequestSituation, "repository" | "rules">,
  environments: readonly PreviewEnvironment[],
): PreviewEnvironment | undefined {
  return (
    environments.find((each) => pullRequestOf(each, repository) === number) ??
    environments.find(({ metadata }) => metadata.name === environmentName(rules, number))
  );
}

/**
 * Decides about one pull request. Pure, and it does not matter what has happened to it: the same state gives the same
 * decision. Only a server that says that a pull request is closed, or that it does not meet the rules, has its
 * environment deleted; one that does not answer can't get here.
 */
export function decidePullRequest(situation: PullRequestSituation): PullRequestDecision {
  const { repository, rules, pull, environment } = situation;

  // 1. An object of the same name that somebody else made is theirs.
  if (environment && !isOwn(environment, repository, pull)) {
    const why = `the Environment ${environment.metadata.name} was not made for this pull request`;
    return { action: { do: "nothing" }, why, isWanted: false };
  }

  // 2. Close wins, and so does whatever else the rules exclude.
  const excluded = exclusion(situation);
  if (excluded !== undefined) {
    const isThere = environment !== undefined && environment.metadata.deletionTimestamp === undefined;
    return { action: { do: isThere ? "delete" : "nothing" }, why: excluded, isWanted: false };
  }

  // 3. One whose time ended stays away until there is something new to look at.
  const expired = expiredCommit(situation);
  if (expired === pull.commit && (environment === undefined || isGoing(environment))) {
    const why = "its time to live ended; a push brings it back, or taking it out of the rules and in again";
    return { action: { do: "nothing" }, why, isWanted: false, expired };
  }

  // 4. It is wanted.
  if (environment === undefined)
    return {
      action: { do: "create", name: environmentName(rules, pull.number), spec: specOf(situation) },
      why: admitted(rules),
      isWanted: true,
    };
  if (isGoing(environment))
    return { action: { do: "nothing" }, why: "an earlier environment is still being removed", isWanted: true };
  const change = changeOf(environment, situation);
  if (change === undefined) return { action: { do: "nothing" }, why: "it is as it should be", isWanted: true };
  return { action: { do: "change", spec: change.spec }, why: change.why, isWanted: true };
}

/** Whether an approval has to be looked for: its newest commit is a fork's, and was not approved. */
export function needsApproval({ rules, pull, environment }: Omit<PullRequestSituation, "approval">): boolean {
  return pull.isOpen && pull.isFork && rules.forks === "approve" && environment?.spec.approval?.commit !== pull.commit;
}

/** Why the rules give a pull request no environment; undefined: they do. Cheap questions come first. */
function exclusion({ rules, pull, files }: PullRequestSituation): string | undefined {
  if (!pull.isOpen) return "the pull request is closed";
  if (pull.isDraft && !rules.drafts) return "the pull request is a draft";
  if (rules.label !== undefined && !pull.labels.includes(rules.label)) return `it lacks the label ${rules.label}`;
  if (rules.bases.length > 0 && !isTaken(pull.base, rules.bases)) return `it is for the branch ${pull.base}`;
  if (rules.branches.length > 0 && !isTaken(pull.branch, rules.branches)) return `its branch is ${pull.branch}`;
  if (pull.isFork && rules.forks === "refuse") return "it comes from a fork";
  return isTouched(rules, files) ? undefined : "it changes no file that counts";
}

/** Whether it changes a file that counts, as far as can be told. */
function isTouched({ paths }: PullRequestRules, files: ChangedFiles | undefined): boolean {
  if (paths.length === 0 || files === undefined) return true;
  return !files.isComplete || files.paths.some((path) => isTaken(path, paths));
}

function admitted({ label }: PullRequestRules): string {
  return label === undefined ? "the pull request is open" : `the pull request is open and has the label ${label}`;
}

/** Whether an environment is being deleted because its time to live ended. */
export function isExpired(environment: PreviewEnvironment): boolean {
  return isGoing(environment) && conditionOf(environment.status, "Expiring")?.reason === "Expired";
}

function expiredCommit({ environment, expired }: PullRequestSituation): string | undefined {
  return environment && isExpired(environment) ? environment.spec.source.commit : expired;
}

function isGoing({ metadata }: PreviewEnvironment): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isOwn(environment: PreviewEnvironment, repository: string, pull: PullRequest): boolean {
  const { fork = false } = environment.spec.pullRequest ?? {};
  return pullRequestOf(environment, repository) === pull.number && fork === pull.isFork;
}

/** Branches whose names say something else to git, and those of forks, are found under the pull request's own name. */
function sourceOf({ repository, pull }: PullRequestSituation): PreviewEnvironmentSpec["source"] {
  const isNamed = !pull.isFork && branchName.safeParse(pull.branch).success;
  return { repository, branch: isNamed ? pull.branch : `pull/${pull.number}/head`, commit: pull.commit };
}

function specOf(situation: PullRequestSituation): PreviewEnvironmentSpec {
  const { pull, rules, approval } = situation;
  return {
    source: sourceOf(situation),
    mode: rules.mode,
    ...(/^[!-~]{1,63}$/.test(pull.author) ? { owner: pull.author } : {}),
    pullRequest: { number: pull.number, url: pull.url, fork: pull.isFork },
    ...(approval?.commit === pull.commit ? { approval } : {}),
    ...(rules.ttl === undefined ? {} : { ttl: rules.ttl }),
  };
}

function changeOf(
  { spec }: PreviewEnvironment,
  situation: PullRequestSituation,
): { readonly spec: Partial<PreviewEnvironmentSpec>; readonly why: string } | undefined {
  const { pull, approval } = situation;
  const wanted = sourceOf(situation);
  const isPushed = spec.source.commit !== wanted.commit || spec.source.branch !== wanted.branch;
  const isApproved = approval?.commit === pull.commit && spec.approval?.commit !== pull.commit;
  if (!isPushed && !isApproved) return undefined;
  const reasons = [
    ...(isPushed ? [`its newest commit is ${pull.commit.slice(0, 12)}`] : []),
    ...(isApproved ? [`${approval.by} approved ${pull.commit.slice(0, 12)}`] : []),
  ];
  return {
    spec: {
      ...(isPushed ? { source: wanted } : {}),
      ...(isApproved ? { approval } : {}),
    },
    why: reasons.join(", "),
  };
}
