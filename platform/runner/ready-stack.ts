import { listObjects } from "../../stacks/cluster-objects.ts";
import { adoptPendingCreates, hasPendingOperations } from "../../stacks/pending-operations.ts";
import { checkpointKey, type LockFiles } from "../../stacks/state-files.ts";
import { toldLocks } from "../../stacks/told-locks.ts";
import { unlock } from "../../stacks/unlock.ts";
import { Engine, ENGINE_VARIABLE } from "./engine.ts";
import { failed, type Failure } from "./failures.ts";
import { isOrphanedEngine } from "./sessions.ts";
import { nameOf, type Stage } from "./stage.ts";
import type { OperationTask } from "./task.ts";

/** What is known of a stack before its engine is started. */
export interface FoundStack {
  /** Undefined where only Pulumi knows. */
  readonly exists: boolean | undefined;
  /** Its state as the backend keeps it. */
  readonly checkpoint?: string;
}

/**
 * Sees to it that nobody else works on the stack, and removes locks whose owners are proven dead.
 *
 * @returns a failure when somebody does, or may.
 */
export async function freeStack(stage: Stage): Promise<Failure | FoundStack> {
  const { task, state } = stage;
  if (state === undefined) return { exists: undefined };
  const held = await removeDeadLocks(stage, state);
  if (held !== undefined) return held;
  const checkpoint = await state.read(checkpointKey(nameOf(task)));
  return { exists: checkpoint !== undefined, checkpoint };
}

/**
 * Does the same where only Pulumi reaches the state's files: it tells of locks when it meets them.
 *
 * @param met how the operation ended on a lock; nothing was changed.
 * @returns undefined where the stack is free now.
 */
export async function freeToldStack(stage: Stage, met: Failure): Promise<Failure | undefined> {
  const cancel = async (): Promise<void> => (await Engine.open(stage.task, true))?.cancel();
  const locks = toldLocks(met.message, nameOf(stage.task), cancel);
  return locks === undefined ? met : removeDeadLocks(stage, locks);
}

/** @returns a failure where a lock is held, by somebody who lives or of whom nothing is known. */
async function removeDeadLocks({ task, emit }: Stage, state: LockFiles): Promise<Failure | undefined> {
  const { stack } = task.request;
  const held = await unlock({
    ...nameOf(task),
    state,
    say: (message) => {
      emit({ type: "log", level: "warn", message });
    },
    isOrphan: (pid) => isOrphanedEngine(pid, ENGINE_VARIABLE),
    isHostGone: (host, at) => isPodGone(task, host, at),
  });
  if (held?.verdict === "live") {
    return failed("StateLocked", "waiting", `The stack is being updated since ${held.since} (${held.owner}).`);
  }
  if (held !== undefined) {
    const advice = `When you are sure that no update runs, remove it: pulumi cancel --stack ${stack}`;
    return failed("StateLocked", "waiting", `The stack is locked by ${held.place}, and ${held.reason}. ${advice}`);
  }
  return undefined;
}

/**
 * Takes creations that an interrupted update left open into the state.
 *
 * @returns whether the stack must be compared with the cluster.
 */
export async function adoptInterrupted(engine: Engine, found: FoundStack, { emit }: Stage): Promise<boolean> {
  if (found.exists !== undefined && !hasPendingOperations(found.checkpoint ?? "")) return false;
  const adopted = adoptPendingCreates(await engine.export());
  if (adopted === undefined) return false;
  const message = `An interrupted update left ${adopted.count} creations open; comparing the stack with the cluster.`;
  emit({ type: "log", level: "warn", message });
  await engine.import(adopted.stack);
  return true;
}

/** Whether a pod of the platform is gone, or another one has its name by now. Nothing is known of other hosts. */
async function isPodGone({ settings }: OperationTask, host: string, at: Date): Promise<boolean> {
  const { platformPods, cluster, tools } = settings;
  if (!platformPods?.prefixes.some((prefix) => host.startsWith(prefix))) return false;
  const reader = { kubectl: tools.kubectl, access: cluster, env: { ...process.env, ...tools.env } };
  const where = ["pods", host, "--namespace", platformPods.namespace, "--ignore-not-found"];
  const [pod] = await listObjects(reader, where);
  return pod === undefined || Date.parse(pod.metadata.creationTimestamp ?? "") > at.getTime();
}
