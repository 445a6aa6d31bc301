import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildSettings } from "./build-settings.ts";
import type { Execute } from "./command.ts";
import type { PackageManager } from "./recipe.ts";

/** A build of a Dockerfile. */
export interface DockerfileBuild {
  readonly reference: string;
  /** Absolute path of the build's folder. */
  readonly context: string;
  /** Stage of the Dockerfile. @default its last one */
  readonly target?: string;
  readonly packageManager: PackageManager;
  /** Build argument to the archive of the image that takes its place. */
  readonly bases: Readonly<Record<string, string>>;
}

/**
 * Builds a Dockerfile without a container runtime and packs the result. The base images come from archives.
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
      // The other format has no HEALTHCHECK.
      "--format=docker",
      ...(build.target === undefined ? [] : [`--target=${build.target}`]),
      `--tag=${build.reference}`,
      ...Object.entries(build.bases).map(([name, archive]) => `--build-arg=${name}=docker-archive:${archive}`),
      ...(await buildSettings(build.packageManager, storage, env, execute)),
      build.context,
    ]);
    const shown = await execute(purpose, ["buildah", ...store, "images", "--quiet", "--no-trunc", build.reference]);
    await execute(purpose, ["buildah", ...store, "push", build.reference, `docker-archive:${file}:${build.reference}`]);
    return shown.trim();
  } finally {
    await rm(storage, { recursive: true, force: true });
  }
}
