import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../clusters/run-command.ts";

/**
 * A file that can be read before it is written: who opens it waits. With it an update's engine starts while the preview still
 * runs; its start takes a third of a second, in which it needs no plan.
 */
export interface LatePlan {
  readonly path: string;
  /** Gives the plan to the one who reads it, once there is one. */
  write(text: string): Promise<void>;
  /** Ends a write that nobody will ever read. */
  abandon(): Promise<void>;
}

/** Makes such a file in a folder; undefined on systems that have no `mkfifo`. */
export async function createLatePlan(folder: string, name: string): Promise<LatePlan | undefined> {
  const path = join(folder, name);
  const made = await runCommand("mkfifo", ["-m", "600", path], { env: process.env });
  if (made.code !== 0) return undefined;
  return {
    path,
    async write(text) {
      const file = await open(path, "w");
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
    },
    async abandon() {
      await (await open(path, constants.O_RDONLY | constants.O_NONBLOCK)).close();
    },
  };
}
