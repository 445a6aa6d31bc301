import { generatedValuesOf } from "../stacks/generated-values.ts";
import { UsageFailure } from "./exit.ts";
import { Session } from "./session.ts";
import { say, type Surroundings } from "./surroundings.ts";
import { ensureUnlocked } from "./unlock.ts";

/** Options of `terrarium handover`. */
export interface HandoverOptions {
  readonly stack: string;
}

/**
 * Leaves a stack's objects to whoever applies its export: they stay in the cluster as they are, and the stack forgets them.
 * Generated values stay in the stack, for the next export and for an `up` that takes the objects back.
 *
 * @throws UsageFailure when the stack has no objects.
 */
export async function handover(surroundings: Surroundings, { stack }: HandoverOptions): Promise<void> {
  const session = new Session(surroundings, stack);
  const tell = (line: string): void => {
    say(surroundings, line);
  };
  const toolchain = await surroundings.toolchain(["pulumi"]);
  const engine = session.engine(toolchain);
  const state = (await engine.stackExists()) ? await engine.exportStack() : undefined;
  const objects = (state?.deployment.resources ?? []).filter(({ type }) => type.startsWith("kubernetes:"));
  if (state === undefined || objects.length === 0) {
    throw new UsageFailure(`${stack} has no objects in a cluster. \`terrarium gitops\` exports it as it is.`);
  }
  await ensureUnlocked({ paths: session.paths, file: session.file, record: session.record, say: tell });
  await engine.importStack(generatedValuesOf(state));
  tell(`${stack} has forgotten ${objects.length} objects, which stay as they are. \`terrarium up\` takes them back.`);
}
