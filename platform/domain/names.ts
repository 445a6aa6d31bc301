import { PREVIEW_ENVIRONMENT } from "../../spec/index.ts";

/** Name of an environment's namespace, and of its stack. */
export function previewName(environment: string): string {
  return `${PREVIEW_ENVIRONMENT.namespacePrefix}${environment}`;
}

/** Name of the environment whose namespace or stack can have this name; undefined where none's can. */
export function environmentOf(name: string): string | undefined {
  const { namespacePrefix } = PREVIEW_ENVIRONMENT;
  return name.startsWith(namespacePrefix) ? name.slice(namespacePrefix.length) : undefined;
}

/** What is the same for all spellings of a repository's address: no "/" nor ".git" at its end, the host in lower case. */
export function repositoryKey(address: string): string {
  return address
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/^[a-z]+:\/\/[^/]+/i, (origin) => origin.toLowerCase());
}

/** Replaces {placeholders} of a pattern; those without a value stay. */
export function fillIn(pattern: string, values: Readonly<Record<string, string | undefined>>): string {
  return pattern.replace(/\{(\w+)\}/g, (placeholder, key: string) => values[key] ?? placeholder);
}

/** The last part of a repository's address, as a name of at most so many characters. */
export function applicationOf(address: string, most = 40): string {
  const [last = ""] = repositoryKey(address).split("/").slice(-1);
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, most)
    .replace(/-+$/, "");
  return name || "application";
}
