import { copyFile, link, lstat, mkdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "./errors.ts";

/**
 * Makes `path` another name of an installed file: the same file where the file system can, else a copy. Not a symbolic
 * link, because Pulumi looks for its language hosts beside the file that its own link points to.
 */
export async function linkInstalled(target: string, path: string): Promise<void> {
  if (await isSameFile(target, path)) {
    return;
  }
  await replace(path, async (draft) => {
    try {
      await link(target, draft);
    } catch (error) {
      if (!["EXDEV", "EPERM", "ENOTSUP", "EMLINK"].includes(systemErrorCode(error) ?? "")) {
        throw error;
      }
      await copyFile(target, draft);
    }
  });
}

/** Makes `path` a symbolic link to a file outside the cache, which keeps its own surroundings that way. */
export async function linkOfficial(target: string, path: string): Promise<void> {
  const current = await readlink(path).catch(() => undefined);
  if (current !== target) {
    await replace(path, (draft) => symlink(target, draft));
  }
}

/** A reader sees the old file or the new one, never none. */
async function replace(path: string, create: (draft: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  await rm(draft, { force: true });
  try {
    await create(draft);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function isSameFile(target: string, path: string): Promise<boolean> {
  const [wanted, current] = await Promise.all([stat(target), lstat(path).catch(() => undefined)]);
  if (current === undefined || !current.isFile()) {
    return false;
  }
  const isCopy = current.size === wanted.size && current.mtimeMs >= wanted.mtimeMs;
  return (current.ino === wanted.ino && current.dev === wanted.dev) || (current.nlink === 1 && isCopy);
}
