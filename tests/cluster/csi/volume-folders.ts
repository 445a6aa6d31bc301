import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** A volume, or a snapshot of one. */
export interface Stored {
  readonly id: string;
  readonly bytes: number;
}

/** A snapshot of a volume. */
export interface StoredSnapshot extends Stored {
  /** Of the volume. */
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly taken: number;
}

/**
 * A storage system of folders: a volume is one, and a snapshot is a copy of it. Whoever asks again is answered as before, as CSI
 * wants it; what was made is known as long as this object.
 */
export class VolumeFolders {
  readonly #root: string;
  readonly #volumes = new Map<string, Stored>();
  readonly #snapshots = new Map<string, StoredSnapshot>();

  /** @param root absolute path of a folder of its own. */
  constructor(root: string) {
    this.#root = root;
    for (const kind of ["volumes", "snapshots"] as const) mkdirSync(join(root, kind), { recursive: true });
  }

  /** Makes a volume. @param from id of the snapshot that it starts as. @default it starts empty */
  async createVolume(id: string, bytes: number, from?: string): Promise<Stored> {
    if (!this.#volumes.has(id)) await this.#make(this.volumePath(id), from && this.snapshotPath(from));
    return keep(this.#volumes, { id, bytes });
  }

  async createSnapshot(id: string, source: string): Promise<StoredSnapshot> {
    if (!this.#snapshots.has(id)) await this.#make(this.snapshotPath(id), this.volumePath(source));
    const { bytes = 0 } = this.#volumes.get(source) ?? {};
    return keep(this.#snapshots, { id, bytes, source, taken: Date.now() });
  }

  deleteVolume(id: string): void {
    this.#volumes.delete(id);
    rmSync(this.volumePath(id), { recursive: true, force: true });
  }

  deleteSnapshot(id: string): void {
    this.#snapshots.delete(id);
    rmSync(this.snapshotPath(id), { recursive: true, force: true });
  }

  hasVolume(id: string): boolean {
    return this.#volumes.has(id);
  }

  snapshots(): StoredSnapshot[] {
    return [...this.#snapshots.values()];
  }

  volumes(): Stored[] {
    return [...this.#volumes.values()];
  }

  volumePath(id: string): string {
    return join(this.#root, "volumes", checked(id));
  }

  snapshotPath(id: string): string {
    return join(this.#root, "snapshots", checked(id));
  }

  /** Nobody finds a half of it. */
  async #make(path: string, like?: string): Promise<void> {
    const draft = `${path}.new`;
    rmSync(draft, { recursive: true, force: true });
    if (like === undefined) mkdirSync(draft);
    else if (existsSync(like)) await promisify(execFile)("cp", ["--archive", like, draft]);
    else throw new RangeError(`there is no ${like}`);
    renameSync(draft, path);
  }
}

function keep<T extends Stored>(known: Map<string, T>, made: T): T {
  const stored = known.get(made.id) ?? made;
  known.set(made.id, stored);
  return stored;
}

/** The names that the controllers choose become names of folders. */
function checked(id: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(id))
    throw new RangeError(`${JSON.stringify(id)} is no name of a volume or snapshot`);
  return id;
}
