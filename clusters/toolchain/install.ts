import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CacheLayout } from "./cache-layout.ts";
import { withLock, type LockOptions } from "./lock.ts";
import { filesFolder, isTrusted, writeManifest } from "./manifest.ts";
import { pidExists } from "./process-identity.ts";

/** A component that is in the cache, complete and unchanged. */
export interface Installed {
  /** Folder of the component's files. */
  readonly files: string;
}

/** A component's name and cache key. */
export interface ComponentId {
  readonly name: string;
  readonly key: string;
}

/** The folder of a component in the cache. */
export function componentFolder(cache: CacheLayout, id: ComponentId): string {
  return join(cache.toolchain, `${id.name}-${id.key}`);
}

/**
 * The component, when it is installed.
 *
 * @throws ChecksumError when it was changed after it was installed.
 */
export async function findInstalled(cache: CacheLayout, id: ComponentId): Promise<Installed | undefined> {
  const folder = componentFolder(cache, id);
  return (await isTrusted(folder)) ? { files: join(folder, filesFolder) } : undefined;
}

/**
 * Installs a component unless it is there. It is filled beside its final place and renamed when it is complete, so an
 * installation that fails, is aborted or killed leaves nothing that a later one trusts. Of several processes on one cache,
 * one installs and the others wait for it.
 *
 * @param fill writes the component's files below the folder's `files`.
 */
export async function installOnce(
  cache: CacheLayout,
  id: ComponentId,
  options: LockOptions,
  fill: (folder: string) => Promise<void>,
): Promise<Installed> {
  const folder = componentFolder(cache, id);
  return withLock(join(cache.locks, `${id.name}-${id.key}.lock`), options, async () => {
    const present = await findInstalled(cache, id);
    if (present !== undefined) {
      return present;
    }
    const temporary = join(cache.toolchain, `.${id.name}-${id.key}.${process.pid}.tmp`);
    await rm(temporary, { recursive: true, force: true });
    try {
      await mkdir(temporary, { recursive: true });
      await fill(temporary);
      await writeManifest(temporary, id.name);
      options.signal?.throwIfAborted();
      // What lies there without a manifest is not an installed component.
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return { files: join(folder, filesFolder) };
  });
}

/** Removes the temporary folders of processes that no longer exist. */
export async function removeStaleTemporaries(cache: CacheLayout): Promise<void> {
  await mkdir(cache.toolchain, { recursive: true });
  for (const name of await readdir(cache.toolchain)) {
    const pid = /^\..+\.(\d+)\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && !pidExists(Number(pid))) {
      await rm(join(cache.toolchain, name), { recursive: true, force: true });
    }
  }
}
