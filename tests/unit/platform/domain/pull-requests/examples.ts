import type { PullRequestSituation } from "../../../../../platform/domain/pull-requests/decide.ts";
import type { PullRequest, PullRequestRules } from "../../../../../platform/domain/pull-requests/pull-request.ts";
import type { PreviewEnvironment } from "../../../../../spec/index.ts";
import { commit, environment, type EnvironmentParts, REPOSITORY } from "../situations.ts";

/** Rules that take every pull request of the repository itself. */
export function rules(differing: Partial<PullRequestRules> = {}): PullRequestRules {
  return {
    name: "shop",
    paths: [],
    branches: [],
    bases: [],
    drafts: false,
    forks: "refuse",
    approvers: "write",
    mode: "image",
    report: { comment: true, status: true, deployment: true },
    ...differing,
  };
}

/** Pull request 42, which is open. */
export function pull(differing: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 42,
    url: "https://github.com/team/shop/pull/42",
    isOpen: true,
    isDraft: false,
    isFork: false,
    author: "ada",
    commit: commit(1),
    branch: "feature/checkout",
    base: "main",
    labels: [],
    ...differing,
  };
}

/** The environment of pull request 42, as it was made for it. */
export function pullEnvironment({ spec, ...parts }: EnvironmentParts = {}): PreviewEnvironment {
  return environment({
    name: "shop-pr-42",
    ...parts,
    spec: {
      source: { repository: REPOSITORY, branch: "feature/checkout", commit: commit(1) },
      mode: "image",
      owner: "ada",
      pullRequest: { number: 42, url: "https://github.com/team/shop/pull/42", fork: false },
      ...spec,
    },
  });
}

/** What is known of pull request 42. */
export function about(differing: Partial<PullRequestSituation> = {}): PullRequestSituation {
  return { repository: REPOSITORY, rules: rules(), pull: pull(), ...differing };
}
