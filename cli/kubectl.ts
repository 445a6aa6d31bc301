import { CommandFailure } from "./exit.ts";
import { runInForeground } from "./foreground.ts";
import { runningCluster } from "./running-cluster.ts";
import { Session } from "./session.ts";
import type { Surroundings } from "./surroundings.ts";

/** Runs kubectl against the stack's cluster. */
export async function kubectl(surroundings: Surroundings, stack: string, args: readonly string[]): Promise<void> {
  const { kubeconfig, context } = await runningCluster(new Session(surroundings, stack));
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
