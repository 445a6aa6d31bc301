import type { Approval, Permission } from "./pull-request.ts";
import { PERMISSIONS } from "./pull-request.ts";
import { isReport } from "./report.ts";

/** A comment of a pull request. */
export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly text: string;
  /** Whether it is as it was written: whoever may edit comments may put words into somebody else's. */
  readonly isUnchanged: boolean;
}

/**
 * Who says in a comment that a commit may run, the last first. Whether they may say so is another question. All digits have to
 * be there: with fewer, somebody could make another commit that begins with them. Reports say nothing of their own accord: they
 * quote what the fork's code has printed.
 */
export function claimedApprovals(comments: readonly Comment[], commit: string): Approval[] {
  const by = comments
    .filter(
      ({ text, isUnchanged }) =>
        isUnchanged && !isReport(text) && text.split("\n").some((line) => line.trim() === `/approve ${commit}`),
    )
    .map(({ author }) => author)
    .reverse();
  return [...new Set(by)].map((each) => ({ commit, by: each }));
}

/** Whether what somebody is permitted is enough. */
export function isEnough(permission: Permission, atLeast: Permission): boolean {
  return PERMISSIONS.indexOf(permission) >= PERMISSIONS.indexOf(atLeast);
}
