import type { ClusterAccess } from "../../clusters/provider.ts";
import { readClusterFacts } from "../../clusters/facts.ts";
import type { Installation } from "../../platform/install/installation.ts";
import { createdNamespaces } from "../../stacks/exported-state.ts";
import { CommandFailure, InterruptedFailure, UsageFailure } from "../exit.ts";
import { Session } from "../session.ts";
import { say, type Surroundings } from "../surroundings.ts";
import { ensureUnlocked } from "../unlock.ts";
import { adoptInterrupted } from "../up.ts";
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
  const installation = await describeInstallation(options.config ?? sampleConfig(surroundings), options.image);
  const { namespace } = installation;
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  const session = await openSession(surroundings, access);
  const engine = session.engine(toolchain, access);
  const facts = await readClusterFacts({ ...access, env: engine.environment() });
  if (await engine.stackExists()) refuseToMove(createdNamespaces(await engine.exportStack()), namespace);
  await engine.ensureStack();
  const tell = (line: string): void => {
    say(surroundings, line);
  };
  const refresh = (await adoptInterrupted(engine, session, tell)) ? ["--refresh"] : [];
  const args = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-permalink=true", ...refresh];
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
  tell(`The platform service runs in namespace ${namespace} of ${access.context}.`);
  if (access.simulatedPods)
    tell("The cluster's pods are simulated: nothing works there. See `terrarium platform local`.");
}

/** @throws UsageFailure when the configuration is wrong or can't be installed. */
async function describeInstallation(config: string, image: string | undefined): Promise<Installation> {
  const [{ readConfigFile }, { toInstallation }, { IMAGE }] = await Promise.all([
    import("../../platform/config-file.ts"),
    import("../../platform/install/installation.ts"),
    import("../../platform/install/names.ts"),
  ]);
  return explained(readConfigFile(config).then((settings) => toInstallation(settings, image ?? IMAGE)));
}

/** Another namespace would have to take the place of the one that the Environments are in, and the state of all of them. */
function refuseToMove(created: readonly string[], namespace: string): void {
  const [before] = created;
  if (before === undefined || before === namespace) return;
  throw new UsageFailure(
    `The service is installed in namespace ${before}; the configuration says ${namespace}. It can't be moved: correct \`namespace\`, or uninstall it first.`,
  );
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
