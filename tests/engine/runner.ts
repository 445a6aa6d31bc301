import { homedir } from "node:os";
import { join } from "node:path";
import { readClusterFacts } from "../../clusters/facts.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import {
  createProgress,
  defaultCacheDir,
  ensureToolchain,
  type Toolchain,
  type ToolName,
} from "../../clusters/toolchain/index.ts";
import { type ConfiguredRunner, createRunner } from "../../platform/runner/index.ts";
import { runnerSettingsSchema } from "../../platform/runner/settings.ts";

/** Tools from the user's own cache. */
export function testToolchain(needs: readonly ToolName[]): Promise<Toolchain> {
  const cacheDir = defaultCacheDir(process.env, process.platform, homedir());
  return ensureToolchain(needs, { cacheDir, progress: createProgress(process.stderr), env: process.env });
}

/** Where a runner works. */
export interface RunnerPlace {
  /** Folder of a checkout whose cluster runs. */
  readonly checkout: string;
  /** Name of the runner's data folder in the checkout. @default "platform" */
  readonly data?: string;
  /** What its settings have beyond their defaults. */
  readonly settings?: object;
  /** @default the checkout's own cluster */
  readonly cluster?: { readonly kubeconfig: string; readonly context: string };
}

/** The product's runner on a checkout's cluster. */
export async function runnerOn(place: RunnerPlace): Promise<ConfiguredRunner> {
  const { checkout, data = "platform", settings = {} } = place;
  const { kubeconfig, clusterName: context, root } = localPaths(checkout);
  const { env } = process;
  const toolchain = await testToolchain(["pulumi", "kubectl"]);
  const cluster = place.cluster ?? { kubeconfig, context };
  return createRunner({
    settings: runnerSettingsSchema.parse(settings),
    namespace: "terrarium",
    cluster,
    dataFolder: join(root, data),
    toolchain,
    env,
    facts: () => readClusterFacts({ ...cluster, env: { ...env, ...toolchain.env } }),
  });
}
