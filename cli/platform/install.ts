import type { ClusterAccess } from "../../clusters/provider.ts";
import { readClusterFacts } from "../../clusters/facts.ts";
import { CommandFailure, InterruptedFailure } from "../exit.ts";
import { Session } from "../session.ts";
import { say, type Surroundings } from "../surroundings.ts";
import { ensureUnlocked } from "../unlock.ts";
import { sampleConfig } from "./sample-config.ts";
import { explained } from "./run.ts";
import { platformStackFile } from "./stack-file.ts";
import { findCluster, type TargetOptions } from "./target.ts";

/** Options of `terrarium platform install`. */
export interface InstallOptions extends TargetOptions {
  /** @default one with the sample application */
  readonly config?: string;
  /** @default the image of this version */
  readonly image?: string;
}

/** Installs the platform service into a cluster, or brings it to what the configuration says now. */
export async function install(surroundings: Surroundings, options: InstallOptions): Promise<void> {
  const access = await findCluster(surroundings, options);
  const config = options.config ?? sampleConfig(surroundings);
  const [{ readConfigFile }, { toInstallation }, { IMAGE }] = await Promise.all([
    import("../../platform/config-file.ts"),
    import("../../platform/install/installation.ts"),
    import("../../platform/install/names.ts"),
  ]);
  const settings = await explained(readConfigFile(config));
  const installation = await explained(Promise.resolve().then(() => toInstallation(settings, options.image ?? IMAGE)));
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  const session = await openSession(surroundings, access);
  const engine = session.engine(toolchain, access);
  const facts = await readClusterFacts({ ...access, env: engine.environment() });
  await engine.ensureStack();
  const args = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-permalink=true"];
  const result = await engine.programOperation(args, 2, async () => {
    const { installPlatform } = await import("../../platform/install/program.ts");
    return () => {
      installPlatform({ installation, cluster: access, facts });
      return Promise.resolve();
    };
  });
  if (result.interrupted) throw new InterruptedFailure("Interrupted. Run the same command to go on from here.");
  if (result.code !== 0) {
    throw new CommandFailure(
      "The installation failed. Correct what the messages above name, then run the same command again.",
      result.code,
    );
  }
  const { namespace } = installation;
  say(surroundings, `The platform service runs in namespace ${namespace} of ${access.context}.`);
  if (access.simulatedPods)
    say(surroundings, "The cluster's pods are simulated: nothing works there. See `terrarium platform local`.");
}

/** The stack of the installation on a cluster, which nobody else works on. */
export async function openSession(surroundings: Surroundings, access: ClusterAccess): Promise<Session> {
  const session = new Session(surroundings, platformStackFile(surroundings.checkout, access.context));
  const { paths, file, record } = session;
  await ensureUnlocked({
    paths,
    file,
    record,
    say: (line) => {
      say(surroundings, line);
    },
  });
  return session;
}
