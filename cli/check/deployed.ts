import { CommandFailure } from "../exit.ts";
import { Session } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Preview, previewFromResult } from "./steps.ts";

/**
 * Previews a stack against its own state and cluster.
 *
 * @throws CommandFailure when one of them is not there.
 */
export async function previewDeployed(surroundings: Surroundings, stack: string): Promise<Preview> {
  const session = new Session(surroundings, stack);
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  if (found.phase !== "running") {
    const why = found.phase === "broken" ? `its cluster is broken: ${found.reason}` : "it has no cluster";
    throw new CommandFailure(`It is not deployed: ${why}. Leave --deployed out to compare with a base.`);
  }
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  const engine = session.engine(toolchain, found.access);
  if (!(await engine.stackExists())) {
    throw new CommandFailure("It is not deployed: it has no state. Leave --deployed out to compare with a base.");
  }
  const config = session.state.configFile(session.file);
  const args = ["preview", "--json", "--show-sames", "--parallel", "64", "--color", "never", "--config-file", config];
  return previewFromResult(await engine.capture(args));
}
