import { localPaths } from "../../clusters/local-paths.ts";
import type { PlatformOptions } from "../../platform/main.ts";
import { UsageFailure } from "../exit.ts";
import { say, type Surroundings } from "../surroundings.ts";

/** Options of `terrarium platform run`. */
export interface RunOptions {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly data?: string;
}

/** Errors of what was given to the service, not of the service. */
const USAGE_ERRORS: readonly string[] = ["PlatformConfigError", "ClusterSelectionError", "InstallationError"];

/** Runs the service on the cluster that is named, else on the one whose pod this is. */
export async function run(surroundings: Surroundings, options: RunOptions): Promise<void> {
  const { config, kubeconfig, context, data } = options;
  await runService(surroundings, {
    config,
    cluster: { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) },
    dataFolder: data ?? localPaths(surroundings.checkout).platform,
    write: (line) => void surroundings.stdout.write(line),
  });
}

/**
 * Runs the service until a signal asks it to end; it drains first. A second signal ends it at once.
 *
 * @throws UsageFailure when the configuration or the cluster is wrong.
 */
export async function runService(
  surroundings: Surroundings,
  options: Pick<PlatformOptions, "config" | "cluster" | "dataFolder" | "write">,
): Promise<void> {
  const { stopSignal } = await import("../../platform/stop-signal.ts");
  const stop = stopSignal(surroundings.signals, () => {
    say(surroundings, "Ending as soon as running operations have ended. A second signal ends the service at once.");
  });
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  // Loaded only here: other commands need none of it.
  const { runPlatform } = await import("../../platform/main.ts");
  await explained(runPlatform({ ...options, toolchain, env: surroundings.env, stop }));
}

/** Tells errors of what was given as such. */
export async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && USAGE_ERRORS.includes(error.name)) throw new UsageFailure(error.message);
    throw error;
  }
}
