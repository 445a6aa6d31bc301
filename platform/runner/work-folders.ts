import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { leadsSession } from "./sessions.ts";

/** Names of folders that this process made and has not removed. */
const made = new Set<string>();

/** Folders for what operations need while they run. Each is named after its host and the process that works in it. */
export class WorkFolders {
  readonly #root: string;
  readonly #longestMs: number;

  /** @param longestMs milliseconds after which no operation of any host still works in a folder. */
  constructor(root: string, longestMs: number) {
    this.#root = root;
    this.#longestMs = longestMs;
    mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  /** Makes a folder. @param worker the process that works in it and leads a session. @default this one */
  make(worker = process.pid): string {
    const folder = mkdtempSync(join(this.#root, `${hostname()}.${worker}.`));
    made.add(basename(folder));
    return folder;
  }

  /** Removes a folder. */
  remove(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
    made.delete(basename(folder));
  }

  /** Removes the folders of services that were killed, but not of their operations that are still ending. */
  removeAbandoned(): void {
    for (const name of readdirSync(this.#root)) {
      if (made.has(name)) continue;
      const [, host, worker] = /^(.+)\.(\d+)\.[^.]+$/.exec(name) ?? [];
      const isAbandoned = host === hostname() ? !leadsSession(Number(worker)) : this.#isOld(name);
      if (isAbandoned) clear(join(this.#root, name));
    }
  }

  #isOld(name: string): boolean {
    const { mtimeMs = Infinity } = statSync(join(this.#root, name), { throwIfNoEntry: false }) ?? {};
    return mtimeMs + this.#longestMs < Date.now();
  }
}

/** Removes a folder. An engine that waits there for a plan would wait for ever: it is let read that there is none. */
function clear(folder: string): void {
  const pipes = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFIFO());
  const open = pipes.map(({ name }) => openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  open.forEach(closeSync);
}
