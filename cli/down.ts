import { rmSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import type { ClusterAccess, ClusterProvider, ClusterStatus } from "../clusters/provider.ts";
import { lastLines } from "../clusters/run-command.ts";
import type { Toolchain } from "../clusters/toolchain/index.ts";
import { deleteNamespaces, environmentNamespaces } from "../stacks/cluster-objects.ts";
import { createdNamespaces, protectedResources } from "../stacks/exported-state.ts";
import { findRemains, volumesOf } from "../stacks/remains.ts";
import type { Engine } from "./engine.ts";
import { CommandFailure, InterruptedFailure } from "./exit.ts";
import { Session } from "./session.ts";
import { say, type Surroundings } from "./surroundings.ts";
import { ensureUnlocked } from "./unlock.ts";

/** Options of `terrarium down`. */
export interface DownOptions {
  readonly stack: string;
  /** Also remove resources that are protected because they hold data. */
  readonly deleteData: boolean;
}

/** Removes an environment, proves that it is gone, and removes the local cluster when no other stack uses it. */
export async function down(surroundings: Surroundings, options: DownOptions): Promise<void> {
  const session = new Session(surroundings, options.stack);
  const tell = (line: string): void => {
    say(surroundings, line);
  };
  const provider = session.current();
  const stateFile = session.state.localStacks(session.file.project).includes(options.stack);
  if (session.state.isLocal && !stateFile) {
    await removeUnusedCluster(session, tell);
    tell(`${options.stack} is not up; nothing to remove.`);
    return;
  }
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  await ensureUnlocked({ paths: session.paths, file: session.file, record: session.record, say: tell });
  const exported = await session.engine(toolchain).exportStack();
  if (!options.deleteData) refuseProtected(protectedResources(exported), options.stack);

  const access = await reach(session, provider, tell);
  const engine = session.engine(toolchain, access);
  if (access === undefined) {
    tell("Its cluster is gone; removing what is recorded of it.");
    await engine.removeStack(true);
  } else {
    const created = createdNamespaces(exported);
    await destroy({ surroundings, session, toolchain, engine, access, options, created });
  }
  await removeUnusedCluster(session, tell);
  tell(`${options.stack} is removed.`);
}

/** Access to the stack's cluster; undefined when the cluster is gone and nothing in it can be left. */
async function reach(
  session: Session,
  provider: ClusterProvider | undefined,
  tell: (line: string) => void,
): Promise<ClusterAccess | undefined> {
  const found: ClusterStatus = (await provider?.status()) ?? { phase: "absent" };
  if (found.phase === "running") return found.access;
  if (provider?.name === "context") return provider.up();
  if (provider === undefined || found.phase === "absent") return undefined;
  const others = session.state.localStacks(session.file.project).filter((name) => name !== session.file.stack);
  if (others.length === 0) return undefined;
  tell(`The cluster is needed by ${others.join(", ")} too.`);
  const access = await provider.up();
  return access.origin === "created" ? undefined : access;
}

interface Destruction {
  readonly surroundings: Surroundings;
  readonly session: Session;
  readonly toolchain: Toolchain;
  readonly engine: Engine;
  readonly access: ClusterAccess;
  readonly options: DownOptions;
  /** Namespaces that the stack's state has. */
  readonly created: readonly string[];
}

async function destroy(work: Destruction): Promise<void> {
  const { surroundings, session, toolchain, engine, access, options, created } = work;
  const reader = { kubectl: toolchain.path("kubectl"), access, env: surroundings.env };
  const environment = environmentName(surroundings, options.stack);
  const labelled = await environmentNamespaces(reader, environment);
  const namespaces = [...new Set([...labelled, ...created])];
  const volumes = await volumesOf(reader, namespaces);

  if (options.deleteData) await unprotectAll(engine);
  const args = ["destroy", "--yes", "--skip-preview", "--parallel", "64", "--suppress-permalink=true"];
  const result = await engine.operation(args);
  const again = `terrarium down --stack ${session.file.stack}`;
  if (result.interrupted) throw new InterruptedFailure(`Interrupted. Run \`${again}\` to go on from here.`);
  if (result.code !== 0) {
    throw new CommandFailure(
      `The environment is not completely removed; its state is kept. Correct what the messages above name, then run \`${again}\` again.`,
      result.code,
    );
  }
  // On a simulated cluster an update that was killed left objects of which the state knows nothing.
  if (access.provider === "simulated")
    await deleteNamespaces(
      reader,
      labelled.filter((name) => !created.includes(name)),
    );
  const remains = await findRemains(reader, namespaces, volumes);
  if (remains.length > 0) {
    throw new CommandFailure(
      `Left in the cluster:\n${remains.map(({ kind, name, holder }) => `  ${kind} ${name}: ${holder}\n`).join("")}The stack's state is kept; run \`${again}\` again when these are gone.`,
    );
  }
  await engine.removeStack(false);
}

/** Lets a destroy delete every resource of the stack. */
async function unprotectAll(engine: Engine): Promise<void> {
  const result = await engine.capture(["state", "unprotect", "--all", "--yes"]);
  if (result.code !== 0) throw new CommandFailure(`The data cannot be released for deletion: ${lastLines(result)}`);
}

/** An environment whose configuration has become wrong must still be removable. */
function environmentName(surroundings: Surroundings, stack: string): string {
  try {
    return surroundings.validate(stack);
  } catch {
    return stack;
  }
}

function refuseProtected(held: readonly string[], stack: string): void {
  if (held.length === 0) return;
  throw new CommandFailure(
    `${stack} has protected resources that hold data:\n${held.map((name) => `  ${name}\n`).join("")}Nothing was removed. To delete the data too: terrarium down --stack ${stack} --delete-data`,
  );
}

/** Removes the local cluster when no stack of this checkout is left, and then all that is only for local stacks. */
async function removeUnusedCluster(session: Session, tell: (line: string) => void): Promise<void> {
  const { state, file, providers, paths } = session;
  if (!state.isLocal) return;
  const left = state.localStacks(file.project);
  if (left.length > 0) {
    const local = session.current();
    if (local !== undefined && local.name !== "context")
      tell(`The ${local.name} cluster stays for ${left.join(", ")}.`);
    return;
  }
  for (const provider of [providers.simulated, providers.kind, providers.host]) {
    if (provider === undefined || (await provider.status()).phase === "absent") continue;
    tell(`No stack is left; removing the ${provider.name} cluster.`);
    await provider.down();
  }
  state.removeAll();
  rmSync(paths.localPlatform, { recursive: true, force: true });
  // Whatever else is in the folder is not ours.
  await rmdir(paths.root).catch(() => undefined);
}
