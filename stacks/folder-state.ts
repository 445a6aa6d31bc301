import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { StateFiles } from "./state-files.ts";

/** Name endings of the files in which the backend keeps attributes of the file beside it, unless it is told not to. */
const ATTRIBUTES = ".attrs";
const WITHOUT_ATTRIBUTES = "metadata=skip";

/** Address of the backend in a folder, as Pulumi takes it. */
export function folderAddress(folder: string): string {
  return withoutAttributes(pathToFileURL(folder).href);
}

/**
 * The address of a backend in a folder, so that it keeps no attributes: it overwrites their files in place, and where Pulumi is
 * killed in the middle of that, it can't read the state beside them any more ("EOF").
 *
 * @param address file://…, with or without parameters.
 * @see https://pkg.go.dev/gocloud.dev/blob/fileblob
 */
export function withoutAttributes(address: string): string {
  if (/[?&]metadata=/.test(address)) return address;
  return `${address}${address.includes("?") ? "&" : "?"}${WITHOUT_ATTRIBUTES}`;
}

/** The files of a backend in a folder. */
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
    removeFolder: (prefix) => rmdir(locate(prefix)).catch(unlessNeeded),
    locate,
    close: () => Promise.resolve(),
  };
}

/** It is gone already, or somebody has put a file into it. */
function unlessNeeded(error: unknown): void {
  if (!["ENOENT", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
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
