import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

/** Longest that a file waits for all others, in milliseconds. */
export const OTHERS_END_WITHIN_MS = 600_000;

/** Notes of a run's workers, each a file's at a time, by the process that started them. */
const folderOf = (run: number): string => join(tmpdir(), `terrarium-running-files-${run}`);
const folder = folderOf(process.ppid);
const own = String(process.pid);

/** Notes that this worker runs a file. */
export function fileBegins(): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, own), "");
}

/** Takes the note back. */
export function fileEnds(): void {
  rmSync(join(folder, own), { force: true });
}

/** Waits until no other file runs: for what takes so much of the machine that others would fail beside it. It has to be the last. */
export async function othersEnd(): Promise<void> {
  const others = (): string[] => readdirSync(folder).filter((name) => name !== own);
  await eventually("the end of all other files", () => Promise.resolve(others().length === 0 || undefined), {
    timeoutMs: OTHERS_END_WITHIN_MS,
  });
}

/** Removes the notes of a run that ends, in the process that started its workers. */
export function forgetFiles(): void {
  rmSync(folderOf(process.pid), { recursive: true, force: true });
}
