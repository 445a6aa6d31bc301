import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Execute } from "./command.ts";

/** A build of a Dockerfile. */
export interface DockerfileBuild {
  readonly reference: string;
  /** Absolute path of the build's folder. */
  readonly context: string;
  /** Build argument to the archive of the image that takes its place. */
  readonly bases: Readonly<Record<string, string>>;
}

/** Certificate authorities in one file, on Debian and in its images. */
const SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Builds a Dockerfile without a container runtime and packs the result. The base images come from archives; npm in the
 * build has this machine's settings, which are mounted, so that no layer keeps them.
 *
 * @param file the archive; a folder of the same name with ".storage" is used on the way.
 * @returns the image's identity: "sha256:" and the digest of its configuration.
 */
export async function buildDockerfile(
  build: DockerfileBuild,
  file: string,
  env: NodeJS.ProcessEnv,
  execute: Execute,
): Promise<string> {
  const storage = `${file}.storage`;
  await mkdir(storage, { recursive: true, mode: 0o700 });
  // Without mounts of its own, an interrupted build leaves nothing but files.
  const store = ["--storage-driver=vfs", `--root=${join(storage, "root")}`, `--runroot=${join(storage, "run")}`];
  const purpose = `building ${build.reference} from ${build.context}`;
  try {
    await execute(purpose, [
      "buildah",
      ...store,
      "build",
      "--isolation=chroot",
      "--network=host",
      "--pull-never",
      "--timestamp=0",
      `--tag=${build.reference}`,
      ...Object.entries(build.bases).map(([name, archive]) => `--build-arg=${name}=docker-archive:${archive}`),
      ...(await npmSettings(storage, env, execute)),
      build.context,
    ]);
    const shown = await execute(purpose, ["buildah", ...store, "images", "--quiet", "--no-trunc", build.reference]);
    await execute(purpose, ["buildah", ...store, "push", build.reference, `docker-archive:${file}:${build.reference}`]);
    return shown.trim();
  } finally {
    await rm(storage, { recursive: true, force: true });
  }
}

/**
 * This machine's npm settings: the user's as the secret "npmrc", the others where npm in the build looks for them.
 *
 * @param folder for a copy of the user's settings; it is removed after the build.
 */
async function npmSettings(folder: string, env: NodeJS.ProcessEnv, execute: Execute): Promise<string[]> {
  const setting = async (name: string): Promise<string> =>
    (await execute("reading npm's settings", ["npm", "config", "get", name])).trim();
  const authorities = [
    SYSTEM_AUTHORITIES,
    await setting("cafile"),
    env["NODE_EXTRA_CA_CERTS"] ?? "",
    env["SSL_CERT_FILE"] ?? "",
  ];
  const bundle = join(folder, "authorities.crt");
  await writeFile(bundle, (await Promise.all([...new Set(authorities)].map(contentOf))).join("\n"));
  const user = await contentOf(await setting("userconfig"));
  const npmrc = join(folder, "npmrc");
  // npm has authorities in one file only: in the build, the file that holds all of them.
  const settings = [
    ...user.split("\n").filter((line) => !/^\s*cafile\s*=/.test(line)),
    `cafile=${SYSTEM_AUTHORITIES}`,
    "",
  ];
  await writeFile(npmrc, settings.join("\n"), { mode: 0o600 });
  const globalNpmrc = await setting("globalconfig");
  return [
    `--secret=id=npmrc,src=${npmrc}`,
    `--volume=${bundle}:${SYSTEM_AUTHORITIES}:ro`,
    ...((await contentOf(globalNpmrc)) === "" ? [] : [`--volume=${globalNpmrc}:/usr/local/etc/npmrc:ro`]),
  ];
}

/** Empty when there is no such file. */
async function contentOf(file: string): Promise<string> {
  return file.startsWith("/") ? readFile(file, "utf8").catch(() => "") : "";
}
