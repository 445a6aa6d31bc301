import type { Comment } from "../domain/pull-requests/approval.ts";
import type { ChangedFiles, Permission, PullRequest } from "../domain/pull-requests/pull-request.ts";

/** What the commit's status and its deployment say. */
export type ReportState = "pending" | "success" | "failure" | "inactive";

/** What is told beside a commit. */
export interface CommitReport {
  readonly commit: string;
  /** Name of the environment. */
  readonly environment: string;
  readonly state: ReportState;
  /** At most 140 characters. */
  readonly summary: string;
  /** Address of the environment's page. @default none */
  readonly url?: string;
}

/**
 * What the service asks of, and tells to, the server that has the pull requests. Repositories are named by their path there:
 * "team/shop". Everything rejects when the server does not answer, or says no: a list is complete, or it is none.
 */
export interface Scm {
  /** All pull requests that are open. */
  readonly listOpen: (repository: string) => Promise<PullRequest[]>;
  /** @returns undefined where the server knows none: it was never there, or the service may not see it any more. */
  readonly read: (repository: string, number: number) => Promise<PullRequest | undefined>;
  readonly changedFiles: (repository: string, number: number) => Promise<ChangedFiles>;
  /** All comments, the oldest first. */
  readonly comments: (repository: string, number: number) => Promise<Comment[]>;
  readonly permissionOf: (repository: string, user: string) => Promise<Permission>;
  /** As whom the service writes comments. */
  readonly self: (repository: string) => Promise<string>;
  /** @returns its id. */
  readonly createComment: (repository: string, number: number, text: string) => Promise<number>;
  /** @returns whether it is still there. */
  readonly updateComment: (repository: string, id: number, text: string) => Promise<boolean>;
  readonly setStatus: (repository: string, report: CommitReport) => Promise<void>;
  /** Tells of the commit's deployment, which is made where it is missing. */
  readonly setDeployment: (repository: string, report: CommitReport) => Promise<void>;
}
