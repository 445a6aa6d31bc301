import type { PreviewEnvironment } from "../../spec/index.ts";
import { HttpProblem } from "./problem.ts";

/**
 * The change of an Environment that lets a commit of a fork run, as a merge patch.
 *
 * @param commit what was looked at. @param by who did. @throws HttpProblem where the environment is of another commit, or needs none.
 */
export function approvalPatch({ metadata, spec }: PreviewEnvironment, commit: string, by: string): object {
  const { name } = metadata;
  if (!spec.pullRequest?.fork) throw new HttpProblem("conflict", `${name} is of no fork: nothing is to be approved.`);
  if (spec.source.commit !== commit)
    throw new HttpProblem(
      "conflict",
      `${name} is of ${spec.source.commit === undefined ? "no certain commit" : `commit ${spec.source.commit}`} now, not of ${commit}. Look at that one, and approve it.`,
    );
  return { spec: { approval: { commit, by } } };
}
