import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Execute } from "./command.ts";
import type { PackageManager } from "./recipe.ts";

/** Certificate authorities in one file, on Debian and in its images. */
const SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/** This machine's settings of a package manager. */
interface Settings {
  /** Content of the user's own file, without the authorities that it names. */
  readonly user: string;
  /** Path of the file of authorities that the settings name; empty when they name none. */
  readonly authorities: string;
  /** More arguments of the build. */
  readonly mounts: readonly string[];
}

/**
 * Arguments of a build that give its package manager this machine's settings: the user's as a secret that Dockerfiles ask
 * for ("npmrc", "cargo"), the authorities that this machine trusts in their usual place. No layer keeps them.
 *
 * @param folder for copies of them; it is removed after the build.
 */
export async function buildSettings(
  manager: PackageManager,
  folder: string,
  env: NodeJS.ProcessEnv,
  execute: Execute,
): Promise<string[]> {
  const { user, authorities, mounts } = manager === "npm" ? await npmSettings(execute) : await cargoSettings(env);
  const secret = join(folder, "settings");
  await writeFile(secret, user, { mode: 0o600 });
  const files = [SYSTEM_AUTHORITIES, authorities, env["NODE_EXTRA_CA_CERTS"] ?? "", env["SSL_CERT_FILE"] ?? ""];
  const bundle = join(folder, "authorities.crt");
  await writeFile(bundle, (await Promise.all([...new Set(files)].map(contentOf))).join("\n"));
  return [
    `--secret=id=${manager === "npm" ? "npmrc" : "cargo"},src=${secret}`,
    `--volume=${bundle}:${SYSTEM_AUTHORITIES}:ro`,
    ...mounts,
  ];
}

/** npm's user settings, and its global ones where npm in the build looks for them. */
async function npmSettings(execute: Execute): Promise<Settings> {
  const setting = async (name: string): Promise<string> =>
    (await execute("reading npm's settings", ["npm", "config", "get", name])).trim();
  const user = await contentOf(await setting("userconfig"));
  const globalNpmrc = await setting("globalconfig");
  return {
    // npm has authorities in one file only: in the build, the file that holds all of them.
    user: `${withoutLines(user, /^\s*cafile\s*=/)}\ncafile=${SYSTEM_AUTHORITIES}\n`,
    authorities: await setting("cafile"),
    mounts: (await contentOf(globalNpmrc)) === "" ? [] : [`--volume=${globalNpmrc}:/usr/local/etc/npmrc:ro`],
  };
}

/** @see https://doc.rust-lang.org/cargo/reference/config.html */
async function cargoSettings(env: NodeJS.ProcessEnv): Promise<Settings> {
  const home = env["CARGO_HOME"] ?? join(env["HOME"] ?? homedir(), ".cargo");
  const user = await contentOf(join(home, "config.toml"));
  const authorities = /^\s*(?:http\.)?cainfo\s*=\s*["'](.*)["']/m;
  return {
    user: withoutLines(user, authorities),
    authorities: env["CARGO_HTTP_CAINFO"] ?? authorities.exec(user)?.[1] ?? "",
    mounts: [],
  };
}

function withoutLines(text: string, pattern: RegExp): string {
  return text
    .split("\n")
    .filter((line) => !pattern.test(line))
    .join("\n");
}

/** Empty when there is no such file. */
async function contentOf(file: string): Promise<string> {
  return file.startsWith("/") ? readFile(file, "utf8").catch(() => "") : "";
}
