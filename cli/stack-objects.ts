import type { ClusterAccess } from "../clusters/provider.ts";
import { type CommandResult, lastLines, type RunCommand } from "../clusters/run-command.ts";
import { generatedValue, generatedValuesOf, withGeneratedValuesOf } from "../stacks/generated-values.ts";
import type { ExportedStack } from "../stacks/pending-operations.ts";
import type { Engine } from "./engine.ts";
import { CommandFailure } from "./exit.ts";
import { type KubeManifest, toWholeManifest } from "./rendered-object.ts";
import { ScratchStack } from "./scratch-stack.ts";
import type { Session } from "./session.ts";

/** What a stack is made of, secrets included. */
export interface WholeStack {
  /** Every object as `up` would send it, the values of Secrets in the clear. */
  readonly objects: readonly KubeManifest[];
  /** A random secret of the stack, for fingerprints of its other ones. */
  readonly checksumKey: string;
}

/** How {@link wholeStack} runs the program. */
export interface WholeStackArgs {
  /** Cluster that is asked what `up` would ask it. @default what is true of any cluster */
  readonly access?: ClusterAccess;
  /** Runs Pulumi. */
  readonly run: RunCommand;
}

/** Selects generated values, with the components that they belong to; nothing of this exists in a cluster. */
const generatedValues = ["**terrarium:index:*::*", "**random:*:*::*"].flatMap((target) => ["--target", target]);

/** Stands for an object that never became known. */
const unknown = Symbol("unknown");

/**
 * Runs the program for everything that a stack is made of, without a cluster. Generated values are those of the stack's
 * state; what is missing there is generated and saved, so that the next export and a later `up` have the same.
 *
 * @throws CommandFailure with what the engine or the program said.
 */
export async function wholeStack(session: Session, args: WholeStackArgs): Promise<WholeStack> {
  const toolchain = await session.surroundings.toolchain(["pulumi"]);
  const engine = session.engine(toolchain, undefined, args.run);
  await engine.ensureStack();
  const state = await engine.exportStack();
  return ScratchStack.use({ session, withSecrets: true, ...args }, async (scratch) => {
    if ((state.deployment.resources ?? []).length > 0) {
      checked(await scratch.run(["stack", "import"], JSON.stringify(generatedValuesOf(state))));
    }
    const told: Promise<unknown>[] = [];
    const update = ["up", "--yes", "--skip-preview", "--suppress-outputs", ...generatedValues];
    checked(await scratch.runProgram(update, (object) => told.push(object)));
    const objects = await Promise.all(told.map(known));
    await saveGenerated(engine, state, scratch);
    return { objects, checksumKey: await checksumKeyOf(scratch, session) };
  });
}

async function known(told: Promise<unknown>): Promise<KubeManifest> {
  const object = await Promise.race([told, Promise.resolve(unknown)]);
  const manifest = object === unknown ? undefined : toWholeManifest(object);
  if (manifest === undefined) {
    throw new CommandFailure("An object of the stack cannot be exported: part of it is known only after an update.");
  }
  return manifest;
}

async function saveGenerated(engine: Engine, state: ExportedStack, scratch: ScratchStack): Promise<void> {
  const made = JSON.parse(checked(await scratch.run(["stack", "export"])).stdout) as ExportedStack;
  const saved = withGeneratedValuesOf(state, made);
  if (saved !== undefined) await engine.importStack(saved);
}

async function checksumKeyOf(scratch: ScratchStack, { surroundings, file }: Session): Promise<string> {
  const shown = checked(await scratch.run(["stack", "export", "--show-secrets"])).stdout;
  const name = `${surroundings.validate(file.stack)}-checksum-key`;
  const key = generatedValue(JSON.parse(shown) as ExportedStack, name);
  if (key === undefined) throw new CommandFailure(`The stack has no generated value ${name}.`);
  return key;
}

function checked(result: CommandResult): CommandResult {
  if (result.code !== 0) throw new CommandFailure(`The stack cannot be exported: ${lastLines(result, 20)}`);
  return result;
}
