import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageFailure } from "./exit.ts";

/**
 * Finds out whether a folder can be written to, or made, before minutes of work whose result would have no place.
 *
 * @throws UsageFailure when it cannot.
 */
export function requireWritableFolder(path: string): void {
  let nearest = resolve(path);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory()) throw new UsageFailure(`${nearest} is not a folder. Choose another one.`);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new UsageFailure(`Nothing can be written to ${nearest} (${code}). Choose another folder.`);
  }
}

/** {@link requireWritableFolder} for a file. @throws UsageFailure */
export function requireWritableFile(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) throw new UsageFailure(`${path} is a folder. Name a file.`);
  requireWritableFolder(dirname(resolve(path)));
}
