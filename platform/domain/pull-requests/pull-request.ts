/** A pull request as its server tells of it. */
export interface PullRequest {
  readonly number: number;
  /** Address of its page. */
  readonly url: string;
  readonly isOpen: boolean;
  readonly isDraft: boolean;
  /** Whether its commits are in another repository than the one that it is for. */
  readonly isFork: boolean;
  /** Who opened it. */
  readonly author: string;
  /** Its newest commit. */
  readonly commit: string;
  readonly branch: string;
  /** Branch that it is to be merged into. */
  readonly base: string;
  readonly labels: readonly string[];
}

/** Files that a pull request changes. */
export interface ChangedFiles {
  readonly paths: readonly string[];
  /** Whether there are no others: servers list only so many. */
  readonly isComplete: boolean;
}

/** What somebody may do in a repository, from least to most. */
export const PERMISSIONS = ["none", "read", "triage", "write", "maintain", "admin"] as const;
/** See {@link PERMISSIONS}. */
export type Permission = (typeof PERMISSIONS)[number];

/** Who approved which commit of a fork. */
export interface Approval {
  readonly commit: string;
  readonly by: string;
}

/** Which pull requests of a repository get an environment, and what is told of it. A pull request can change none of it. */
export interface PullRequestRules {
  /** Start of the environments' names: `<name>-pr-<number>`. */
  readonly name: string;
  /** Label that a pull request must have. @default every pull request is taken */
  readonly label?: string;
  /** Patterns of files, of which it must change one. @default [] all */
  readonly paths: readonly string[];
  /** Patterns of its branch. @default [] all */
  readonly branches: readonly string[];
  /** Patterns of the branch that it is to be merged into. @default [] all */
  readonly bases: readonly string[];
  readonly drafts: boolean;
  readonly forks: "refuse" | "approve";
  /** What somebody must at least be permitted to approve a fork's commit. */
  readonly approvers: Permission;
  readonly mode: "image" | "source";
  /** Of its environments. @default the platform's */
  readonly ttl?: string;
  readonly report: { readonly comment: boolean; readonly status: boolean; readonly deployment: boolean };
}
