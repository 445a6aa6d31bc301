import { lastLines, runCommand, type RunCommand } from "../clusters/run-command.ts";
import type { BuiltImage } from "./ensure-images.ts";
import { ImageError } from "./errors.ts";

/** A cluster's store of images. */
export type ImageTarget = ContainerdTarget | KindTarget;

/** A containerd of this machine. */
export interface ContainerdTarget {
  /** Path of ctr. */
  readonly ctr: string;
  readonly address: string;
  /** "k8s.io" for a kubelet's images. */
  readonly namespace: string;
}

/** The nodes of a kind cluster. */
export interface KindTarget {
  /** Path of kind. */
  readonly kind: string;
  readonly cluster: string;
  /** Path of the container engine that runs the nodes. */
  readonly engine: string;
}

/** What {@link loadImages} and {@link pullInto} work with. */
export interface LoadOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Starts programs. @default those of this machine */
  readonly run?: RunCommand;
}

/** Label of a loaded image that holds the identity of the archive's image. */
const LABEL = "terrarium.dev/stand-in";
/** Milliseconds for the first pull, which shows whether there is a registry, and for each of the others. */
const FIRST_PULL_MS = 30_000;
const PULL_MS = 600_000;

/**
 * Loads images into a cluster; those that it has already are left alone.
 *
 * @throws ImageError that names the image that could not be loaded, and why.
 */
export async function loadImages(
  target: ImageTarget,
  images: readonly BuiltImage[],
  options: LoadOptions,
): Promise<void> {
  const store = new ImageStore(target, options);
  let loaded = 0;
  for (const image of images) {
    if (!(await store.has(image))) {
      await store.load(image);
      loaded += 1;
    }
  }
  options.say(`images loaded: ${loaded}; there already: ${images.length - loaded}`);
}

/**
 * The function that has a cluster's images pulled from their registries, for `pull` of ensureImages. The first pull has 30 s
 * to succeed.
 */
export function pullInto(
  target: ImageTarget,
  options: LoadOptions,
): (reference: string) => Promise<string | undefined> {
  const store = new ImageStore(target, options);
  let timeoutMs = FIRST_PULL_MS;
  return async (reference) => {
    const reason = await store.pull(reference, timeoutMs);
    timeoutMs = PULL_MS;
    return reason;
  };
}

class ImageStore {
  readonly #target: ImageTarget;
  readonly #run: (command: readonly string[], timeoutMs?: number) => ReturnType<RunCommand>;

  constructor(target: ImageTarget, { env, run = runCommand }: LoadOptions) {
    this.#target = target;
    this.#run = ([file = "", ...args], timeoutMs) => run(file, args, { env, timeoutMs });
  }

  /** ctr's command line; of a kind cluster's nodes, the first one answers for all. */
  get #ctr(): string[] {
    const target = this.#target;
    return "ctr" in target
      ? [target.ctr, "--address", target.address, "--namespace", target.namespace]
      : [target.engine, "exec", `${target.cluster}-control-plane`, "ctr", "--namespace", "k8s.io"];
  }

  async has({ reference, id }: BuiltImage): Promise<boolean> {
    const listed = await this.#run([...this.#ctr, "images", "list", `name==${reference}`]);
    return listed.code === 0 && listed.stdout.includes(`${LABEL}=${id}`);
  }

  async load({ reference, id, file }: BuiltImage): Promise<void> {
    const target = this.#target;
    await this.#succeed(
      reference,
      "ctr" in target
        ? [...this.#ctr, "images", "import", file]
        : [target.kind, "load", "image-archive", file, "--name", target.cluster],
    );
    await this.#succeed(reference, [...this.#ctr, "images", "label", reference, `${LABEL}=${id}`]);
  }

  /** @returns undefined, or in one line why not. */
  async pull(reference: string, timeoutMs: number): Promise<string | undefined> {
    const target = this.#target;
    const commands =
      "ctr" in target
        ? [[...this.#ctr, "images", "pull", reference]]
        : [
            [target.engine, "pull", reference],
            [target.kind, "load", "docker-image", reference, "--name", target.cluster],
          ];
    for (const command of commands) {
      const result = await this.#run(command, timeoutMs);
      if (result.code !== 0) return `${reference} can't be pulled: ${lastLines(result, 1)}`;
    }
    return undefined;
  }

  async #succeed(reference: string, command: readonly string[]): Promise<void> {
    const result = await this.#run(command);
    if (result.code !== 0) {
      throw new ImageError(
        `${reference} could not be loaded: ${command[0]} ended with ${result.code}:\n${lastLines(result)}`,
      );
    }
  }
}
