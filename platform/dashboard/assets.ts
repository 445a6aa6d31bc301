import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { AssetAddresses } from "./pages/layout.ts";

/** A file that pages take. */
export interface Asset {
  readonly address: string;
  readonly type: string;
  readonly content: string;
}

const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" } as const;

/**
 * Reads the files that pages take. Their addresses hold a part of a checksum of the content, so that browsers may keep them for
 * ever. The style is one file for browsers and several, in the order of their names, for people.
 */
export function readAssets(): { readonly files: readonly Asset[]; readonly addresses: AssetAddresses } {
  const parts = readdirSync(new URL("assets/style/", import.meta.url)).toSorted();
  const style = toAsset("dashboard", "css", parts.map((part) => read(`style/${part}`)).join(""));
  const script = toAsset("dashboard", "js", read("dashboard.js"));
  const icon = toAsset("icon", "svg", read("icon.svg"));
  return {
    files: [style, script, icon],
    addresses: { style: style.address, script: script.address, icon: icon.address },
  };
}

function read(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), "utf8");
}

function toAsset(name: string, extension: keyof typeof TYPES, content: string): Asset {
  const checksum = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return { address: `/assets/${name}-${checksum}.${extension}`, type: TYPES[extension], content };
}
