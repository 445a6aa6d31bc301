import { readFile } from "node:fs/promises";

/**
 * Reads a secret value from the file that holds it. A line's end at the end of the file is no part of it.
 *
 * @throws Error that names the file, when it can't be read or holds nothing.
 */
export async function readSecretFile(file: string): Promise<string> {
  const value = (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  if (value === "") throw new Error(`${file} is empty`);
  return value;
}

/** Reads several at once, by key. @throws Error that names the key and the file. */
export async function readSecretFiles(files: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const values = Object.entries(files).map(async ([key, file]) => {
    const value = await readSecretFile(file).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The value of the secret "${key}" can't be read: ${reason}`, { cause: error });
    });
    return [key, value] as const;
  });
  return Object.fromEntries(await Promise.all(values));
}
