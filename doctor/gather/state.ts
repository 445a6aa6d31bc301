import { hostname } from "node:os";
import { listProcesses } from "../../clusters/processes.ts";
import { resourcesIn } from "../../stacks/exported-state.ts";
import { examineLocks } from "../../stacks/lock-doctor.ts";
import { openOperationsIn } from "../../stacks/pending-operations.ts";
import { checkpointKey, type StackName, type StateFiles } from "../../stacks/state-files.ts";
import type { Facts } from "../facts.ts";

/** Reads what the engine knows of a stack, and who holds its locks. */
export async function readState(
  files: StateFiles,
  { project, stack }: StackName,
): Promise<Pick<Facts, "state" | "locks" | "unread">> {
  const [text, locks] = await Promise.all([
    files.read(checkpointKey({ project, stack })),
    examineLocks(files, { project, stack }, { host: hostname(), listProcesses }),
  ]);
  if (text === undefined) return { locks, unread: [{ source: "engine state", why: `there is none of ${stack}` }] };
  return { locks, state: { resources: resourcesIn(text), pending: openOperationsIn(text) }, unread: [] };
}
