import { checkpointKey, historyPrefix, type StackName, type StateFiles } from "./state-files.ts";

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

/** Removes the copy of a stack's last state that stays when Pulumi removes the stack. */
export async function tidyRemoved(state: StateFiles, stack: StackName): Promise<void> {
  await state.remove(`${checkpointKey(stack)}.bak`);
}
