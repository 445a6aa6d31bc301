import { CommandFailure } from "./exit.ts";
import { runInForeground } from "./foreground.ts";
import { Session } from "./session.ts";
import type { Surroundings } from "./surroundings.ts";

/** Runs kubectl against the stack's cluster. */
export async function kubectl(surroundings: Surroundings, stack: string, args: readonly string[]): Promise<void> {
  const session = new Session(surroundings, stack);
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  if (found.phase !== "running") {
    const why = found.phase === "broken" ? `is broken: ${found.reason}` : "is not there";
    throw new CommandFailure(`The cluster of ${stack} ${why}. Run \`terrarium up --stack ${stack}\`.`);
  }
  const { kubeconfig, context } = found.access;
  const toolchain = await surroundings.toolchain(["kubectl"]);
  const result = await runInForeground(
    toolchain.path("kubectl"),
    ["--kubeconfig", kubeconfig, "--context", context, ...args],
    {
      cwd: surroundings.checkout,
      env: surroundings.env,
      signals: surroundings.signals,
      interactive: surroundings.interactive,
      outputTo: 1,
    },
  );
  // kubectl has said what is wrong.
  if (result.code !== 0) throw new CommandFailure("", result.code);
}
