import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Execute } from "./command.ts";
import type { ImageConfig } from "./recipe.ts";

/** Everything in an archive has this time, so that the same files give the same archive. */
const EPOCH = "1970-01-01T00:00:00Z";
const REPRODUCIBLE = ["--format=gnu", "--sort=name", "--numeric-owner", `--mtime=${EPOCH}`] as const;

/** An image to pack. */
export interface ArchiveContent {
  /** Full reference, with tag. */
  readonly reference: string;
  readonly root: string;
  readonly config: ImageConfig;
}

/**
 * Packs a root folder as an image of one layer, in the format of `docker save`.
 *
 * @param file the archive; a folder of the same name with ".parts" is used on the way.
 * @returns the image's identity: "sha256:" and the digest of its configuration.
 * @see https://github.com/moby/docker-image-spec/blob/main/spec.md
 */
export async function writeDockerArchive(content: ArchiveContent, file: string, execute: Execute): Promise<string> {
  const parts = `${file}.parts`;
  await rm(parts, { recursive: true, force: true });
  await mkdir(join(parts, "layer"), { recursive: true });
  try {
    const purpose = `packing ${content.reference}`;
    const layer = join(parts, "layer", "layer.tar");
    // A container's runtime fills dev, proc and sys.
    const left = ["./dev/*", "./proc/*", "./sys/*"].map((path) => `--exclude=${path}`);
    await execute(purpose, ["tar", ...REPRODUCIBLE, ...left, "-cf", layer, "-C", content.root, "."]);
    const digest = await sha256(layer);
    const config = JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      created: EPOCH,
      config: content.config,
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
      history: [{ created: EPOCH, comment: "Terrarium's stand-in" }],
    });
    const id = createHash("sha256").update(config).digest("hex");
    await rename(dirname(layer), join(parts, digest));
    await writeFile(join(parts, `${id}.json`), config);
    const manifest = [{ Config: `${id}.json`, RepoTags: [content.reference], Layers: [`${digest}/layer.tar`] }];
    await writeFile(join(parts, "manifest.json"), JSON.stringify(manifest));
    const names = ["manifest.json", `${id}.json`, digest];
    await execute(purpose, ["tar", ...REPRODUCIBLE, "--owner=0", "--group=0", "-cf", file, "-C", parts, ...names]);
    return `sha256:${id}`;
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
