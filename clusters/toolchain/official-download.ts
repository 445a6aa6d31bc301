import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesFolder } from "./manifest.ts";
import { pluginFolder, type Plugin } from "./pulumi-home.ts";
import { runCommand } from "./run-command.ts";
import { versions } from "./versions.ts";

/** How a download runs. */
export interface DownloadOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Milliseconds after which the download counts as failed. @default 60 s for the CLI, 180 s for a plugin */
  readonly timeoutMs?: number;
}

/**
 * Downloads the official Pulumi CLI with the Automation API's own installer.
 *
 * The installer runs in a process of its own: it takes no signal and no time limit, and Pulumi's SDK takes long to load.
 *
 * @throws CommandError when that fails, e.g. because the machine reaches package registries only.
 */
export async function downloadPulumi(folder: string, options: DownloadOptions): Promise<void> {
  const root = join(folder, "download");
  const script = fileURLToPath(new URL("./install-official-pulumi.ts", import.meta.url));
  await runCommand(process.execPath, [script, versions.pulumi, root], {
    cwd: folder,
    env: options.env,
    timeoutMs: options.timeoutMs ?? 60_000,
    ...(options.signal && { signal: options.signal }),
  });
  await rename(join(root, "bin"), join(folder, filesFolder));
  await rm(root, { recursive: true, force: true });
}

/**
 * Downloads an official plugin with the official CLI.
 *
 * @param pulumi absolute path of the CLI.
 * @throws CommandError when that fails.
 */
export async function downloadPlugin(
  pulumi: string,
  plugin: Plugin,
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  const home = join(folder, "download");
  await mkdir(home, { recursive: true });
  await runCommand(pulumi, ["plugin", "install", "resource", plugin.name, plugin.version], {
    cwd: folder,
    env: { ...options.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeoutMs: options.timeoutMs ?? 180_000,
    ...(options.signal && { signal: options.signal }),
  });
  await cp(pluginFolder(home, plugin), join(folder, filesFolder), { recursive: true });
  await rm(home, { recursive: true, force: true });
}
