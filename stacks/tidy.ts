import {
  checkpointKey,
  historyPrefix,
  type LockFiles,
  lockPrefix,
  type StackName,
  type StateFiles,
  unfinishedSince,
} from "./state-files.ts";

/** Updates of a stack of which the backend keeps the state that they left. */
const KEPT_UPDATES = 3;

/**
 * Removes what Pulumi keeps of a stack's earlier updates: each leaves a copy of the whole state, for ever.
 */
export async function tidyHistory(state: StateFiles, stack: StackName): Promise<void> {
  const keys = await state.list(historyPrefix(stack));
  // The names carry the time: <stack>-<nanoseconds>.history.json and .checkpoint.json.
  const updates = [...new Set(keys.map((key) => key.replace(/\.(history|checkpoint)\.json$/, "")))].sort();
  const old = new Set(updates.slice(0, -KEPT_UPDATES));
  for (const key of keys) {
    if (old.has(key.replace(/\.(history|checkpoint)\.json$/, ""))) await state.remove(key);
  }
}

/** Removes what Pulumi left of a stack's state where it was killed before that was complete. Nobody may work on the stack. */
export async function tidyUnfinished(state: LockFiles, stack: StackName): Promise<void> {
  const keys = await state.list(`${checkpointKey(stack)}.`);
  for (const key of keys.filter((each) => unfinishedSince(each) !== undefined)) await state.remove(key);
}

/** Removes what stays when Pulumi removes a stack: a copy of its last state, and folders; its history where that was cut off. */
export async function tidyRemoved(state: StateFiles, stack: StackName): Promise<void> {
  const history = await state.list(historyPrefix(stack));
  const copies = await state.list(`${checkpointKey(stack)}.`);
  for (const key of [...copies, ...history]) await state.remove(key);
  for (const prefix of [historyPrefix(stack), lockPrefix(stack)]) await state.removeFolder(prefix);
}
