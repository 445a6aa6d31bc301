import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { StateFiles } from "./state-files.ts";

/** Name endings of the files in which the backend keeps attributes of the file beside it. */
const ATTRIBUTES = ".attrs";

/** State in a folder: the backend `file://<folder>`. */
export function folderState(folder: string): StateFiles {
  const locate = (key: string): string => join(folder, ...key.split("/"));
  return {
    async list(prefix) {
      const parent = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      const entries = await unlessMissing(readdir(locate(parent), { withFileTypes: true, recursive: true }), []);
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith(ATTRIBUTES))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
    read: (key) => unlessMissing<string | undefined>(readFile(locate(key), "utf8"), undefined),
    async create(key, text) {
      await mkdir(dirname(locate(key)), { recursive: true });
      await writeFile(locate(key), text, { flag: "wx", mode: 0o600 }).catch(unlessThere);
    },
    async remove(key) {
      await rm(locate(key), { force: true });
      await rm(`${locate(key)}${ATTRIBUTES}`, { force: true });
    },
    locate,
    close: () => Promise.resolve(),
  };
}

function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
}

async function unlessMissing<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
