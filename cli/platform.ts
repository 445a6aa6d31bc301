import { join } from "node:path";
import type { Command } from "commander";
import { localPaths } from "../clusters/local-paths.ts";
import { exitCodes, UsageFailure } from "./exit.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** Options of `terrarium platform run`. */
interface PlatformRunOptions {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly data?: string;
}

/** Errors of what was given to the service, not of the service. */
const USAGE_ERRORS: readonly string[] = ["PlatformConfigError", "ClusterSelectionError"];

/** Adds the command `terrarium platform` with what it can do. */
export function addPlatformCommand(program: Command, surroundings: Surroundings): void {
  program
    .command("platform")
    .description("the service that drives preview environments in a cluster")
    .command("run")
    .description("run the platform service until it is ended; the log goes to the standard output")
    .requiredOption("--config <file>", "configuration of the platform: docs/reference/platform-configuration.md")
    .option("--kubeconfig <file>", "how to reach the cluster; default: the service account of the pod it runs in")
    .option("--context <name>", "context of the kubeconfig; default: its current one")
    .option("--data <folder>", "folder for state that lies on this machine; default: .terrarium/platform")
    .action((options: PlatformRunOptions) => runPlatformService(surroundings, options));
}

/** Runs the service until a signal asks it to end; it drains first. A second signal ends it at once. */
async function runPlatformService(surroundings: Surroundings, options: PlatformRunOptions): Promise<void> {
  const stop = new AbortController();
  const end = (): void => {
    // Operations notice that their service is gone, and the next one goes on from what they left.
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    say(surroundings, "Ending as soon as running operations have ended. A second signal ends the service at once.");
    stop.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) surroundings.signals.on(signal, end);
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  // Loaded only here: other commands need none of it.
  const { runPlatform } = await import("../platform/main.ts");
  const { config, kubeconfig, context, data } = options;
  try {
    await runPlatform({
      config,
      cluster: { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) },
      dataFolder: data ?? join(localPaths(surroundings.checkout).root, "platform"),
      toolchain,
      env: surroundings.env,
      write: (line) => void surroundings.stdout.write(line),
      stop: stop.signal,
    });
  } catch (error) {
    if (error instanceof Error && USAGE_ERRORS.includes(error.name)) throw new UsageFailure(error.message);
    throw error;
  }
}
