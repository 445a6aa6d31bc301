import { resolve } from "node:path";
import { CommandFailure, InterruptedFailure } from "./exit.ts";
import { Session } from "./session.ts";
import type { Surroundings } from "./surroundings.ts";

/** Options of `terrarium preview`. */
export interface PreviewOptions {
  readonly stack: string;
  /** Show every changed property. */
  readonly diff: boolean;
  /** File to save the plan in, which `up` can be held to. @default none */
  readonly savePlan?: string;
}

/** Shows what `up` would change. The cluster must be there: a preview starts none. */
export async function preview(surroundings: Surroundings, options: PreviewOptions): Promise<void> {
  const session = new Session(surroundings, options.stack);
  surroundings.validate(options.stack);
  const provider = session.current();
  const found = (await provider?.status()) ?? { phase: "absent" };
  if (found.phase !== "running") {
    const why = found.phase === "broken" ? `its cluster is broken: ${found.reason}` : "it has no cluster yet";
    throw new CommandFailure(
      `${options.stack} cannot be compared: ${why}. Run \`terrarium up --stack ${options.stack}\`, or \`terrarium render\` to see the manifests.`,
    );
  }
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  const engine = session.engine(toolchain, found.access);
  await engine.ensureStack();
  const plan = options.savePlan === undefined ? [] : ["--save-plan", resolve(options.savePlan)];
  const args = ["preview", "--parallel", "64", ...(options.diff ? ["--diff"] : []), ...plan];
  const result = await engine.programOperation(args, 1);
  if (result.interrupted) throw new InterruptedFailure("Interrupted.");
  if (result.code !== 0) throw new CommandFailure("The preview failed; see the messages above.", result.code);
}
