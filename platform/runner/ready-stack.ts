import { listObjects } from "../../stacks/cluster-objects.ts";
import { adoptPendingCreates, hasPendingOperations } from "../../stacks/pending-operations.ts";
import { checkpointKey } from "../../stacks/state-files.ts";
import { unlock } from "../../stacks/unlock.ts";
import { type Engine, ENGINE_VARIABLE } from "./engine.ts";
import { failed, type Failure } from "./failures.ts";
import { isOrphanedEngine } from "./sessions.ts";
import type { Stage } from "./stage.ts";
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
  const { task, state, emit } = stage;
  if (state === undefined) return { exists: undefined };
  const { project } = task.settings;
  const { stack } = task.request;
  const held = await unlock({
    state,
    project,
    stack,
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
  const checkpoint = await state.read(checkpointKey({ project, stack }));
  return { exists: checkpoint !== undefined, checkpoint };
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
