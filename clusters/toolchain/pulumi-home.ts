import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { filesBelow } from "./cache-key.ts";
import { isExecutable } from "./executable.ts";
import { linkInstalled, linkOfficial } from "./link-files.ts";
import { versions } from "./versions.ts";

/** A Pulumi resource plugin at one exact version. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/** The plugins that the program uses. */
export const plugins = {
  kubernetes: { name: "kubernetes", version: versions.kubernetesPlugin },
  random: { name: "random", version: versions.randomPlugin },
} as const satisfies Record<string, Plugin>;

/** Folder of a plugin below a Pulumi home, where Pulumi looks for it. */
export function pluginFolder(home: string, plugin: Plugin): string {
  return join(home, "plugins", `resource-${plugin.name}-v${plugin.version}`);
}

/** The Pulumi home that the user's own commands use. */
export function userPulumiHome(env: NodeJS.ProcessEnv): string {
  return env["PULUMI_HOME"] || join(env["HOME"] || homedir(), ".pulumi");
}

/** The plugin's folder in the user's own Pulumi home, when it is installed there completely. */
export async function findUserPlugin(plugin: Plugin, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = pluginFolder(userPulumiHome(env), plugin);
  const isPartial = await exists(`${folder}.partial`);
  return !isPartial && (await isExecutable(join(folder, `pulumi-resource-${plugin.name}`))) ? folder : undefined;
}

/**
 * Puts a plugin's files where Pulumi looks for them. The folder itself must be a real one: Pulumi skips links.
 *
 * @param files folder of the plugin's files.
 * @param isOurs whether they lie in our cache.
 */
export async function linkPlugin(home: string, plugin: Plugin, files: string, isOurs: boolean): Promise<void> {
  const linkOne = isOurs ? linkInstalled : linkOfficial;
  for (const file of await filesBelow(files)) {
    await linkOne(file, join(pluginFolder(home, plugin), relative(files, file)));
  }
}

/**
 * The variables under which Pulumi uses our plugins, and still the user's own login.
 *
 * @param home the Pulumi home that {@link linkPlugin} fills.
 */
export async function pulumiEnvironment(home: string, env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const userHome = userPulumiHome(env);
  const credentials = env["PULUMI_CREDENTIALS_PATH"] || userHome;
  const isLoggedIn = credentials !== home && (await exists(join(credentials, "credentials.json")));
  return {
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A plugin that happens to be on PATH would run in place of the pinned one.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    ...(isLoggedIn ? { PULUMI_CREDENTIALS_PATH: credentials } : {}),
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
