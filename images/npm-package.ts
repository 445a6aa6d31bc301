import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CacheLayout } from "../clusters/toolchain/cache-layout.ts";
import { installOnce } from "../clusters/toolchain/install.ts";
import { filesFolder } from "../clusters/toolchain/manifest.ts";
import type { Execute } from "./command.ts";

/**
 * The folder of an npm package in the cache, fetched at the first call; npm checks its integrity.
 *
 * @param specification with an exact version, e.g. "npm@11.0.0".
 * @throws ImageError when npm can't fetch it.
 */
export async function npmPackageFolder(specification: string, cache: CacheLayout, execute: Execute): Promise<string> {
  const at = specification.lastIndexOf("@");
  const id = { name: `npm-${specification.slice(0, at)}`, key: specification.slice(at + 1) };
  const { files } = await installOnce(cache, id, {}, async (folder) => {
    const purpose = `fetching the npm package ${specification}`;
    await mkdir(join(folder, "download"));
    const packed = await execute(purpose, ["npm", "pack", "--silent", specification], {
      cwd: join(folder, "download"),
    });
    const archive = packed.trim().split("\n").at(-1) ?? "";
    await execute(purpose, ["tar", "--no-same-owner", "-xzf", archive], { cwd: join(folder, "download") });
    await rename(join(folder, "download", "package"), join(folder, filesFolder));
    await rm(join(folder, "download"), { recursive: true });
  });
  return files;
}
