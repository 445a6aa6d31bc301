import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of Pulumi.yaml. */
export const checkout = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

/** Reads a file of the checkout. */
export function read(path: string): string {
  return readFileSync(join(checkout, path), "utf8");
}

/** Paths of all files with an ending, below some places of the checkout. */
export function filesWith(ending: string, places: readonly string[]): string[] {
  const found = places.flatMap((place) =>
    place.endsWith(ending)
      ? [place]
      : readdirSync(join(checkout, place), { recursive: true, encoding: "utf8" }).map((path) => join(place, path)),
  );
  return found.filter((path) => path.endsWith(ending) && !path.includes("node_modules/")).sort();
}

/** Every page of the documentation. */
export const pages: readonly string[] = filesWith(".md", ["README.md", "CHANGELOG.md", "docs", "examples"]);

/** The code blocks of a page in one language. */
export function codeBlocks(markdown: string, language: string): string[] {
  const blocks = markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, found, text = ""]) => (found === language ? [text] : []));
}
