import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

/** Folders of an export, in either format. They are the export's alone; beside them is room for what is the user's. */
const OWN_FOLDERS = ["base", "overlays", "flux", "chart", "releases"];

/** The file with the rules by which Secrets are encrypted. It is the user's as well: nothing removes it. */
export const RULES_FILE = ".sops.yaml";

/** Marks a folder that holds an export. */
const MARKER = ".terrarium-gitops";

const MARKER_TEXT = `Written by \`terrarium gitops\`, which replaces what is in ${OWN_FOLDERS.join(", ")}.\n`;

/** A folder that holds exports, which usually is under version control. */
export class ExportFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What somebody else wrote where an export would go.
   *
   * @returns names of files and folders; empty where nothing is in the way.
   */
  async foreignEntries(): Promise<string[]> {
    if (!existsSync(this.path) || existsSync(join(this.path, MARKER))) return [];
    return (await readdir(this.path)).filter((name) => OWN_FOLDERS.includes(name));
  }

  /** The stacks that the export is of so far. */
  async stacks(): Promise<string[]> {
    const folders = ["overlays", "releases"]
      .map((name) => join(this.path, name))
      .filter((folder) => existsSync(folder));
    const entries = (await Promise.all(folders.map((folder) => readdir(folder, { withFileTypes: true })))).flat();
    return [...new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name))].sort();
  }

  /** A file's text. @returns undefined where there is none. */
  async read(path: string): Promise<string | undefined> {
    const file = join(this.path, path);
    return existsSync(file) ? readFile(file, "utf8") : undefined;
  }

  /**
   * Makes the export what these files say: writes those that differ, removes those that are left over.
   *
   * @returns how many were written and removed.
   */
  async replace(files: ReadonlyMap<string, string>): Promise<{ readonly written: number; readonly removed: number }> {
    const stale = (await this.#ownFiles()).filter((path) => !files.has(path));
    for (const path of stale) await this.#remove(path);
    let written = 0;
    for (const [path, text] of [...files, [MARKER, MARKER_TEXT] as const]) {
      if ((await this.read(path)) === text) continue;
      const file = join(this.path, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      written += 1;
    }
    return { written, removed: stale.length };
  }

  /** Removes a file, and the folders that are empty then. */
  async #remove(path: string): Promise<void> {
    await rm(join(this.path, path));
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
      if ((await readdir(join(this.path, folder))).length > 0) return;
      await rmdir(join(this.path, folder));
    }
  }

  async #ownFiles(): Promise<string[]> {
    const folders = OWN_FOLDERS.map((name) => join(this.path, name)).filter((folder) => existsSync(folder));
    const entries = await Promise.all(
      folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
    );
    return entries
      .flat()
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.path, join(entry.parentPath, entry.name)).split(sep).join("/"));
  }
}
