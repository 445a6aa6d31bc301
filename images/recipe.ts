/** What an image tells a container runtime; the names are those of the image format. */
export interface ImageConfig {
  readonly User?: string;
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** NAME=value. */
  readonly Env?: readonly string[];
  readonly StopSignal?: string;
  readonly WorkingDir?: string;
  /** "5432/tcp" to an empty object. */
  readonly ExposedPorts?: Readonly<Record<string, object>>;
}

/** Debian packages that are unpacked, with what they depend on, without running their installation scripts. */
export interface DebianPackages {
  readonly suite: "bookworm" | "trixie";
  readonly names: readonly string[];
}

/** A folder of the image. */
export interface Folder {
  readonly path: string;
  /** User and group. @default 0 */
  readonly owner?: number;
  /** @default 0o755 */
  readonly mode?: number;
}

/** A file or folder that is copied into the image; it belongs to root. */
export interface CopiedFile {
  /** Where it comes from: a file below images/files, an executable of the toolchain, or a path inside a package. */
  readonly from:
    | { readonly file: string }
    | { readonly tool: string }
    | { readonly npm: string; readonly path: string }
    | { readonly python: string; readonly path: string };
  /** Path in the image. */
  readonly to: string;
}

/**
 * How the root folder of an image is made, in this order: packages, copied files, links, folders, users, commands. It is
 * data, so that the cache key covers all of it. Paths have no leading slash.
 */
export interface RootRecipe {
  readonly packages?: DebianPackages;
  readonly copy?: readonly CopiedFile[];
  /** Path in the image to what it points to. */
  readonly links?: Readonly<Record<string, string>>;
  readonly folders?: readonly Folder[];
  /** Users besides root and nobody, each with a group of the same name and number. */
  readonly users?: Readonly<Record<string, { readonly id: number; readonly home: string }>>;
  /** Shell commands that run in the root folder, on this machine. */
  readonly commands?: readonly string[];
  readonly config: ImageConfig;
}

/** An image that others are built on. */
export type BaseName =
  "nodeBuilder" | "nodeRuntime" | "nodeDebug" | "rustBuilder" | "ccRuntime" | "ccDebug" | "pulumi" | "kubectl";

/** What gets packages in the build of a Dockerfile. */
export type PackageManager = "npm" | "cargo";

/** An image that is built from a Dockerfile of this checkout. */
export interface DockerfileRecipe {
  /** Folder of the build, relative to the checkout; its Dockerfile lies in it. */
  readonly context: string;
  /** Stage of the Dockerfile. @default its last one */
  readonly target?: string;
  /** What gets the packages in the build, with this machine's settings. */
  readonly packageManager: PackageManager;
  /** Build argument to the name of the catalogue's image that takes the place of its default. */
  readonly bases: Readonly<Record<string, BaseName>>;
}

/** An image of the catalogue: its full reference, and how its stand-in is made or why there is none. */
export type CatalogueEntry = { readonly reference: string } & (
  { readonly root: RootRecipe } | { readonly dockerfile: DockerfileRecipe } | { readonly unavailable: string }
);

/**
 * The reference that a kubelet asks for: with registry host, and "library/" where there is no other folder.
 *
 * @param image e.g. "redis:7.4.9-bookworm".
 */
export function fullReference(image: string): string {
  const [first = "", ...rest] = image.split("/");
  if (rest.length === 0) return `docker.io/library/${image}`;
  const isHost = first === "localhost" || first.includes(".") || first.includes(":");
  return isHost ? image : `docker.io/${image}`;
}
