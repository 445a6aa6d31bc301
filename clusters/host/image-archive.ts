import { createHash } from "node:crypto";
import { arch } from "node:os";

/** A program inside an image. */
export interface ImageFile {
  /** Path without a leading slash. */
  readonly path: string;
  readonly content: Buffer;
}

/**
 * An image of one layer, in the form that `docker save` writes. The same content gives the same bytes.
 *
 * @param name with its tag, e.g. `localhost/terrarium/pause:1`.
 * @param files executable for everybody; the first one is the entry point.
 */
export function createImageArchive(name: string, files: readonly ImageFile[]): Buffer {
  const layer = tar(files.map((file) => ({ ...file, mode: 0o755 })));
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch() === "x64" ? "amd64" : arch(),
      os: "linux",
      config: { Entrypoint: [`/${files[0]?.path ?? ""}`], WorkingDir: "/" },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created_by: "terrarium" }],
    }),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = Buffer.from(JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ["layer.tar"] }]));
  return tar([
    { path: "layer.tar", content: layer, mode: 0o644 },
    { path: configName, content: config, mode: 0o644 },
    { path: "manifest.json", content: manifest, mode: 0o644 },
  ]);
}

const blockBytes = 512;

function tar(files: readonly (ImageFile & { readonly mode: number })[]): Buffer {
  const parts: Buffer[] = [];
  const folders = new Set(files.flatMap(({ path }) => parents(path)));
  for (const folder of folders) parts.push(header(`${folder}/`, 0, 0o755, "5"));
  for (const { path, content, mode } of files) {
    parts.push(header(path, content.length, mode, "0"), content);
    parts.push(Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function parents(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

/** One header of the POSIX ustar format, owned by root, from the first second of 1970. */
function header(path: string, bytes: number, mode: number, type: "0" | "5"): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(path, 0, 100);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write("ustar\0" + "00", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
