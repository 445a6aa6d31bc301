import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, type RunCommand } from "../clusters/run-command.ts";
import { BuildSlots } from "../clusters/toolchain/build-slots.ts";
import { cacheLayout, type CacheLayout } from "../clusters/toolchain/cache-layout.ts";
import { installOnce, removeStaleTemporaries } from "../clusters/toolchain/install.ts";
import { filesFolder } from "../clusters/toolchain/manifest.ts";
import type { Toolchain } from "../clusters/toolchain/index.ts";
import { entryOf, type ImageName } from "./catalogue.ts";
import { executeWith, type Execute } from "./command.ts";
import { ensurePrograms, type BuildProgram } from "./debian.ts";
import { writeDockerArchive } from "./docker-archive.ts";
import { buildDockerfile } from "./dockerfile-build.ts";
import { ImageError } from "./errors.ts";
import { dockerfileKey, rootKey } from "./image-key.ts";
import { npmPackageFolder } from "./npm-package.ts";
import { pythonPackageFolder } from "./python-package.ts";
import type { DockerfileRecipe, RootRecipe } from "./recipe.ts";
import { makeRootFolder, type Sources } from "./root-folder.ts";

/** An image that is ready to be loaded into a cluster. */
export interface BuiltImage {
  readonly name: ImageName;
  /** The reference that a kubelet asks for. */
  readonly reference: string;
  /** "sha256:" and the digest of its configuration. */
  readonly id: string;
  /** Absolute path of the archive, in the format of `docker save`. */
  readonly file: string;
}

/** What {@link ensureImages} works with. */
export interface ImagesOptions {
  /** Absolute path, e.g. from defaultCacheDir. */
  readonly cacheDir: string;
  /** The process's environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Has the tools of the images, see toolsOf. */
  readonly toolchain: Pick<Toolchain, "path">;
  readonly names: readonly ImageName[];
  /**
   * Gets an image from its registry into the cluster; undefined when that worked, else why not. Not asked again after the
   * first failure. @default nothing is pulled
   */
  readonly pull?: (reference: string) => Promise<string | undefined>;
  /** Starts programs. @default those of this machine */
  readonly run?: RunCommand;
  /** Number of the user that runs this process. @default that of this process */
  readonly uid?: number;
}

/** How many images are made at a time: unpacking waits for the network, packing for the disk. */
const PARALLEL = 2;
const ARCHIVE = "image.tar";
const ID = "image.id";
const CHECKOUT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Makes the images' stand-ins available in the cache, or has the images themselves pulled. What is in the cache with the
 * same recipe and inputs is taken as it is; a build that fails or is interrupted leaves nothing there.
 *
 * @returns the stand-ins, which are to be loaded; images that were pulled are in the cluster.
 * @throws ImageError when one can't be had.
 */
export async function ensureImages(options: ImagesOptions): Promise<BuiltImage[]> {
  const left = await pullAll(options);
  const umask = process.umask(0o022);
  try {
    const builder = new ImageBuilder(options, left);
    await builder.prepare();
    const built = await Promise.allSettled(left.map((name) => builder.image(name)));
    const failed = built.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return await Promise.all(left.map((name) => builder.image(name)));
  } finally {
    process.umask(umask);
  }
}

/** @returns the names that were not pulled. */
async function pullAll({ names, pull, say }: ImagesOptions): Promise<ImageName[]> {
  const pulled: ImageName[] = [];
  let reason = pull === undefined ? "nothing was asked to be pulled" : undefined;
  // Ours are in no registry.
  for (const name of names.filter((candidate) => !("dockerfile" in entryOf(candidate)))) {
    reason ??= await pull?.(entryOf(name).reference);
    if (reason !== undefined) break;
    pulled.push(name);
  }
  const left = names.filter((name) => !pulled.includes(name));
  const list = (of: readonly ImageName[]): string => (of.length === 0 ? "none" : of.join(", "));
  if (pull !== undefined)
    say(`pulled: ${list(pulled)}; made here: ${list(left)}${reason === undefined ? "" : ` (${reason})`}`);
  return left;
}

function hasPythonPackage(name: ImageName): boolean {
  const entry = entryOf(name);
  return "root" in entry && (entry.root.copy ?? []).some(({ from }) => "python" in from);
}

class ImageBuilder {
  readonly #options: ImagesOptions;
  readonly #cache: CacheLayout;
  readonly #execute: Execute;
  readonly #sources: Sources;
  readonly #slots = new BuildSlots(PARALLEL);
  readonly #buildPrograms: readonly BuildProgram[];
  readonly #images = new Map<ImageName, Promise<BuiltImage>>();
  #programs: Promise<void> | undefined;

  constructor(options: ImagesOptions, names: readonly ImageName[]) {
    this.#options = options;
    this.#buildPrograms = ["mmdebstrap", "buildah", ...(names.some(hasPythonPackage) ? (["pip3"] as const) : [])];
    // Images are kept as the toolchain's components are, in a folder of their own.
    this.#cache = { ...cacheLayout(options.cacheDir), toolchain: join(options.cacheDir, "images") };
    this.#execute = executeWith(options.run ?? runCommand, options.env);
    this.#sources = {
      tool: options.toolchain.path,
      npmPackage: (specification) => npmPackageFolder(specification, this.#cache, this.#execute),
      pythonPackage: (specification) => pythonPackageFolder(specification, this.#cache, this.#execute),
    };
  }

  prepare(): Promise<void> {
    return removeStaleTemporaries(this.#cache);
  }

  /** Builds an image once, after those that it is built on. */
  image(name: ImageName): Promise<BuiltImage> {
    const known = this.#images.get(name);
    if (known !== undefined) return known;
    const building = this.#build(name);
    this.#images.set(name, building);
    return building;
  }

  async #build(name: ImageName): Promise<BuiltImage> {
    const entry = entryOf(name);
    if ("unavailable" in entry) {
      throw new ImageError(`${entry.reference} has no stand-in: ${entry.unavailable}`);
    }
    return "root" in entry
      ? this.#fromRoot(name, entry.reference, entry.root)
      : this.#fromDockerfile(name, entry.reference, entry.dockerfile);
  }

  async #fromRoot(name: ImageName, reference: string, recipe: RootRecipe): Promise<BuiltImage> {
    const key = await rootKey(reference, recipe, this.#sources);
    return this.#install(name, reference, key, async (folder, archive) => {
      const root = join(folder, "root");
      await makeRootFolder(recipe, root, this.#sources, this.#execute);
      const id = await writeDockerArchive({ reference, root, config: recipe.config }, archive, this.#execute);
      await rm(root, { recursive: true, force: true });
      return id;
    });
  }

  async #fromDockerfile(name: ImageName, reference: string, recipe: DockerfileRecipe): Promise<BuiltImage> {
    const context = join(CHECKOUT, recipe.context);
    const bases = await Promise.all(
      Object.entries(recipe.bases).map(async ([argument, base]) => [argument, await this.image(base)] as const),
    );
    const ids = Object.fromEntries(bases.map(([argument, { id }]) => [argument, id]));
    const archives = Object.fromEntries(bases.map(([argument, { file }]) => [argument, file]));
    const key = await dockerfileKey(reference, recipe, context, ids);
    return this.#install(name, reference, key, (_folder, archive) =>
      buildDockerfile({ ...recipe, reference, context, bases: archives }, archive, this.#options.env, this.#execute),
    );
  }

  /** @param make writes the archive and returns the image's identity. */
  async #install(
    name: ImageName,
    reference: string,
    key: string,
    make: (folder: string, archive: string) => Promise<string>,
  ): Promise<BuiltImage> {
    const { say } = this.#options;
    const { files } = await this.#slots.run(0, () =>
      installOnce(this.#cache, { name, key }, {}, async (folder) => {
        this.#programs ??= ensurePrograms(this.#buildPrograms, {
          ...this.#options,
          execute: this.#execute,
          uid: this.#options.uid ?? process.getuid?.(),
        });
        await this.#programs;
        const startedAt = Date.now();
        say(`making ${reference}`);
        const output = join(folder, filesFolder);
        await mkdir(output);
        const id = await make(folder, join(output, ARCHIVE));
        await writeFile(join(output, ID), id);
        say(`made ${reference} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      }),
    );
    return { name, reference, id: await readFile(join(files, ID), "utf8"), file: join(files, ARCHIVE) };
  }
}
