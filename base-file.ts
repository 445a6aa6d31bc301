import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { InvalidSpecError, isSet } from "./spec/index.ts";

/**
 * Reads the file that a stack's configuration names with the key `base`.
 *
 * @param folder the project's folder, which a relative path counts from.
 * @param path value of the key; nothing is read where it is not set.
 * @throws InvalidSpecError when the file can't be read as YAML.
 */
export function readBaseFile(folder: string, path: unknown): unknown {
  if (!isSet(path)) return undefined;
  try {
    return parse(readFileSync(resolve(folder, String(path)), "utf8")) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidSpecError([
      { path: "base", got: JSON.stringify(path), expected: `a readable YAML file (${reason})` },
    ]);
  }
}
