import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { buildRecipe } from "./build-recipe.ts";
import { buildLimit, BuildSlots } from "./build-slots.ts";
import { officialKey, recipeKey, type Target } from "./cache-key.ts";
import type { CacheLayout } from "./cache-layout.ts";
import type { Component } from "./components.ts";
import { CommandError } from "./errors.ts";
import { findGo } from "./go-compiler.ts";
import { findInstalled, installOnce, type ComponentId, type Installed } from "./install.ts";
import type { LockOptions } from "./lock.ts";
import { downloadPlugin, downloadPulumi, type DownloadOptions } from "./official-download.ts";
import type { Progress, Step } from "./progress.ts";
import type { Recipe } from "./recipe.ts";

/** What an installer works with. */
export interface InstallerOptions {
  readonly cache: CacheLayout;
  /** The folder that holds one folder per Go module. */
  readonly modulesDir: string;
  readonly target: Target;
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** How many builds run at a time. @default what the machine's cores and memory allow */
  readonly parallelBuilds?: number;
}

/** An installed component, and whether it is an official release. */
export interface FoundComponent extends Installed {
  readonly isOfficial: boolean;
}

/** Puts components into the cache and finds them there. */
export class Installer {
  readonly #options: InstallerOptions;
  readonly #cores = availableParallelism();
  readonly #slots: BuildSlots;

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#slots = new BuildSlots(options.parallelBuilds ?? buildLimit(this.#cores, process.availableMemory()));
  }

  /**
   * The component in the cache, built or downloaded.
   *
   * @throws ChecksumError when it was changed after it was installed.
   */
  async find(component: Component): Promise<FoundComponent | undefined> {
    const { cache } = this.#options;
    const built = await findInstalled(cache, await this.#builtId(component.recipe));
    if (built !== undefined || component.downloadVersion === undefined) {
      return built && { ...built, isOfficial: false };
    }
    const official = await findInstalled(cache, this.#officialId(component));
    return official && { ...official, isOfficial: true };
  }

  /**
   * Downloads the official release of a component; undefined, with a line that says why, when that fails.
   *
   * @param pulumi absolute path of an official CLI, which downloads plugins; undefined when the CLI itself is wanted.
   */
  async download(component: Component, pulumi: string | undefined): Promise<FoundComponent | undefined> {
    const { plugin, recipe } = component;
    const step = this.#options.progress.start(`download ${recipe.title}`);
    const options: DownloadOptions = this.#withSignal({ env: this.#options.env });
    try {
      const installed = await installOnce(
        this.#options.cache,
        this.#officialId(component),
        this.#lockOptions(recipe),
        (folder) =>
          pulumi !== undefined && plugin !== undefined
            ? downloadPlugin(pulumi, plugin, folder, options)
            : downloadPulumi(folder, options),
      );
      step.done();
      return { ...installed, isOfficial: true };
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      step.fail(`${reason(error)}; it is built from Go modules instead`);
      return undefined;
    }
  }

  /**
   * Builds recipes from their pinned Go modules, several at a time where the machine has the cores and the memory. The
   * first failure ends the others.
   *
   * @throws GoRequiredError before the first build, CommandError and ChecksumError when one fails.
   */
  async build(recipes: readonly Recipe[]): Promise<FoundComponent[]> {
    if (recipes.length === 0) {
      return [];
    }
    const { modulesDir, env, signal } = this.#options;
    const go = await findGo(recipes, modulesDir, env, signal);
    const others = new AbortController();
    const either = AbortSignal.any([others.signal, ...(signal === undefined ? [] : [signal])]);
    const builds = recipes.map(async (recipe) => {
      try {
        return await this.#slots.run(recipe.coldSeconds, () => this.#buildOne(recipe, go, either));
      } catch (error) {
        others.abort(error);
        throw error;
      }
    });
    // All end before the first failure is reported, so that no build runs on behind the error.
    await Promise.allSettled(builds);
    either.throwIfAborted();
    return (await Promise.all(builds)).map((installed) => ({ ...installed, isOfficial: false }));
  }

  async #buildOne(recipe: Recipe, go: string, signal: AbortSignal): Promise<Installed> {
    signal.throwIfAborted();
    const { cache, modulesDir, env, progress } = this.#options;
    const id = await this.#builtId(recipe);
    await mkdir(cache.logs, { recursive: true });
    let step: Step | undefined;
    try {
      const installed = await installOnce(cache, id, this.#lockOptions(recipe, signal), (folder) => {
        step = progress.start(`${recipe.builds === undefined ? "fetch" : "build"} ${recipe.title}${hint(recipe)}`);
        const logFile = join(cache.logs, `${id.name}-${id.key}.log`);
        return buildRecipe(recipe, folder, { go, modulesDir, env, parallel: this.#cores, logFile, signal });
      });
      step?.done();
      return installed;
    } catch (error) {
      step?.fail(signal.aborted ? "stopped" : reason(error));
      throw error;
    }
  }

  #lockOptions(recipe: Recipe, signal = this.#options.signal): LockOptions {
    return {
      ...(signal && { signal }),
      onWait: (owner) => {
        const step = this.#options.progress.start(`wait for process ${owner.pid}, which installs ${recipe.title}`);
        return () => step.done();
      },
    };
  }

  async #builtId(recipe: Recipe): Promise<ComponentId> {
    const { modulesDir, target } = this.#options;
    return { name: recipe.name, key: await recipeKey(recipe, modulesDir, target) };
  }

  #officialId({ recipe, downloadVersion = "" }: Component): ComponentId {
    return { name: `${recipe.name}-official`, key: officialKey(recipe.name, downloadVersion, this.#options.target) };
  }

  #withSignal<T extends object>(options: T): T & { signal?: AbortSignal } {
    return { ...options, ...(this.#options.signal && { signal: this.#options.signal }) };
  }
}

/** From a minute on, it helps to know how long a first build takes. */
function hint(recipe: Recipe): string {
  const minutes = Math.round(recipe.coldSeconds / 60);
  return minutes < 1 ? "" : ` (first time: about ${minutes} min)`;
}

/** One line; the whole message follows where the error is reported. */
function reason(error: unknown): string {
  if (error instanceof CommandError) {
    return error.summary;
  }
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
