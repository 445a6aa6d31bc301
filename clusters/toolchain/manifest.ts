import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { filesBelow } from "./cache-key.ts";
import { ChecksumError, systemErrorCode } from "./errors.ts";

/** Folder of an installed component that holds the files it is made of. */
export const filesFolder = "files";

const manifestFile = "manifest.json";
const verifiedFile = "verified.json";

interface FileRecord {
  /** Path below {@link filesFolder}. */
  readonly path: string;
  readonly sha256: string;
}

interface Manifest {
  readonly component: string;
  readonly files: readonly FileRecord[];
}

/** Size in bytes and time of the last change, by path: what a file looked like when its checksum was last compared. */
type Stamps = Record<string, { readonly size: number; readonly mtimeMs: number }>;

/** Records the checksum of every file of a component that is about to be renamed into place. */
export async function writeManifest(folder: string, component: string): Promise<void> {
  const root = join(folder, filesFolder);
  const files: FileRecord[] = [];
  const stamps: Stamps = {};
  for (const file of await filesBelow(root)) {
    const path = relative(root, file);
    files.push({ path, sha256: await sha256(file) });
    stamps[path] = await stamp(file);
  }
  await writeFile(join(folder, verifiedFile), JSON.stringify(stamps));
  await writeFile(join(folder, manifestFile), `${JSON.stringify({ component, files } satisfies Manifest, null, 2)}\n`);
}

/**
 * Whether the folder holds a complete component. A file whose size and time are those of the last comparison is taken as
 * unchanged; any other is compared by its checksum.
 *
 * @throws ChecksumError when a file is missing or has another content than was installed.
 */
export async function isTrusted(folder: string): Promise<boolean> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) {
    return false;
  }
  const known = await readStamps(folder);
  const now: Stamps = {};
  let compared = 0;
  for (const { path, sha256: expected } of manifest.files) {
    const file = join(folder, filesFolder, path);
    const current = await stamp(file).catch((error: unknown) => {
      throw systemErrorCode(error) === "ENOENT" ? mismatch(folder, file, expected, "no such file") : error;
    });
    const before = known[path];
    if (before?.size !== current.size || before.mtimeMs !== current.mtimeMs) {
      const got = await sha256(file);
      if (got !== expected) {
        throw mismatch(folder, file, expected, got);
      }
      compared += 1;
    }
    now[path] = current;
  }
  if (compared > 0) {
    await replaceStamps(folder, now);
  }
  return true;
}

function mismatch(folder: string, file: string, expected: string, got: string): ChecksumError {
  return new ChecksumError(
    file,
    expected,
    got,
    `The file changed after it was installed. Delete ${folder} and run again.`,
  );
}

/** The manifest is written last: without one, the folder is half-written. */
async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, manifestFile), "utf8")) as Manifest;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

async function readStamps(folder: string): Promise<Stamps> {
  try {
    return JSON.parse(await readFile(join(folder, verifiedFile), "utf8")) as Stamps;
  } catch {
    return {};
  }
}

async function replaceStamps(folder: string, stamps: Stamps): Promise<void> {
  const temporary = join(folder, `.${verifiedFile}.${process.pid}.tmp`);
  await writeFile(temporary, JSON.stringify(stamps));
  await rename(temporary, join(folder, verifiedFile));
}

async function stamp(file: string): Promise<{ size: number; mtimeMs: number }> {
  const { size, mtimeMs } = await stat(file);
  return { size, mtimeMs };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
