import type { PreviewEnvironment } from "../../../spec/index.ts";
import { decidePullRequest, environmentFor, needsApproval, pullRequestOf } from "./decide.ts";
import type { ChangedFiles, PullRequest, PullRequestRules } from "./pull-request.ts";

/** What a poll of one repository depends on. */
export interface PollSituation {
  readonly repository: string;
  readonly rules: PullRequestRules;
  /** All that are open: a list that is not complete is none. */
  readonly open: readonly PullRequest[];
  /** Environments of the platform, of this and of other repositories. */
  readonly environments: readonly PreviewEnvironment[];
  /** Files of a pull request as of its newest commit, where they are known. */
  readonly filesOf: (pull: PullRequest) => ChangedFiles | undefined;
  /** See `PullRequestSituation.expired`, by number. */
  readonly expired: ReadonlyMap<number, string>;
}

/**
 * Finds the pull requests that have to be looked at: those that are not as they should be, and those not among the open ones of
 * which something is left. It decides nothing else: whoever looks at one reads it again.
 *
 * @returns their numbers.
 */
export function findMissed({ repository, rules, open, environments, filesOf, expired }: PollSituation): number[] {
  const differing = open.filter((pull) => {
    const environment = environmentFor(pull.number, { repository, rules }, environments);
    const files = filesOf(pull);
    const known = expired.get(pull.number);
    const situation = {
      repository,
      rules,
      pull,
      ...(environment ? { environment } : {}),
      ...(files ? { files } : {}),
      ...(known === undefined ? {} : { expired: known }),
    };
    const { action, isWanted, expired: isOver } = decidePullRequest(situation);
    return action.do !== "nothing" || isOver !== known || (isWanted && needsApproval(situation));
  });
  const isOver = [...expired.keys()].filter((number) => !open.some((pull) => pull.number === number));
  const numbers = new Set(open.map(({ number }) => number));
  const closed = environments.flatMap((environment) => {
    const number = pullRequestOf(environment, repository);
    const isGoing = environment.metadata.deletionTimestamp !== undefined;
    return number === undefined || isGoing || numbers.has(number) ? [] : [number];
  });
  return [...new Set([...differing.map(({ number }) => number), ...closed, ...isOver])];
}
