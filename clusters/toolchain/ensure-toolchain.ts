import { basename, delimiter, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow, textKey } from "./cache-key.ts";
import { cacheLayout, type CacheLayout } from "./cache-layout.ts";
import { componentsOf, pulumiCli, type Component, type ToolName } from "./components.ts";
import { ToolchainError } from "./errors.ts";
import { fluxDefinitions } from "./gitops-recipes.ts";
import { removeStaleTemporaries } from "./install.ts";
import { Installer, type FoundComponent } from "./installer.ts";
import { linkInstalled, linkOfficial } from "./link-files.ts";
import { findOfficial } from "./official-cli.ts";
import type { Progress } from "./progress.ts";
import { findUserPlugin, linkPlugin, pluginFolder, pulumiEnvironment } from "./pulumi-home.ts";
import { calico, gatewayApi, kubernetesApi, podSecurityCorpus } from "./recipes.ts";

/** Tools that are ready to run. */
export interface Toolchain {
  /** Folder of all executables. */
  readonly binDir: string;
  /**
   * Absolute path of an executable, e.g. `path("kube-apiserver")`.
   *
   * @throws ToolchainError when it isn't part of what was asked for.
   */
  path(this: void, binary: string): string;
  /**
   * A file that comes from a Go module: "gateway-api" is a folder of resource definitions (standard channel, one YAML file
   * each), "calico" is the file calico.yaml, "kubernetes-api" the OpenAPI description of Kubernetes' own kinds (JSON),
   * "pod-security-corpus" a folder of pods that Pod Security lets in or refuses, "flux-definitions" a folder with the
   * definitions of Flux's Kustomization and HelmRelease. Fetched at the first call.
   */
  asset(this: void, name: AssetName): Promise<string>;
  /** Variables for child processes, to be laid over the process's own: PATH with {@link binDir} first, and Pulumi's. */
  readonly env: Record<string, string>;
}

/** The files that {@link Toolchain.asset} hands out. */
export type AssetName = "gateway-api" | "calico" | "kubernetes-api" | "pod-security-corpus" | "flux-definitions";

/** What {@link ensureToolchain} works with. */
export interface ToolchainOptions {
  /** Absolute path, e.g. from defaultCacheDir. */
  readonly cacheDir: string;
  readonly progress: Progress;
  /** Ends downloads and builds, including their processes. */
  readonly signal?: AbortSignal;
  /** The process's environment: PATH, HOME, Go's and Pulumi's variables. TERRARIUM_TOOLCHAIN=build leaves out the machine's own tools and downloads. */
  readonly env: NodeJS.ProcessEnv;
}

/** Where a component was found. */
type Located =
  | { readonly component: Component; readonly origin: "cache"; readonly installed: FoundComponent }
  | { readonly component: Component; readonly origin: "machine"; readonly path: string };

const modulesDir = fileURLToPath(new URL("./go", import.meta.url));

/**
 * Makes tools available: from the cache, else the machine's own at an accepted version, else by official download, else
 * built from pinned Go modules. What was downloaded or built stays in the cache.
 *
 * @throws ToolchainError (GoRequiredError, CommandError, ChecksumError) that says what to do.
 * @throws the signal's reason, when it aborts.
 */
export async function ensureToolchain(needs: readonly ToolName[], given: ToolchainOptions): Promise<Toolchain> {
  const { installer, cache, options } = await prepare(given);
  return toToolchain(await locate(componentsOf(needs), installer, options), installer, cache, options);
}

/** The tools as {@link ensureToolchain} has installed them earlier; undefined where one of them is not in the cache. */
export async function findToolchain(
  needs: readonly ToolName[],
  given: ToolchainOptions,
): Promise<Toolchain | undefined> {
  const { installer, cache, options } = await prepare(given);
  const components = componentsOf(needs);
  const located = await locateInCache(components, installer);
  if (located.size < components.length) return undefined;
  return toToolchain([...located.values()], installer, cache, options);
}

async function prepare(
  given: ToolchainOptions,
): Promise<{ installer: Installer; cache: CacheLayout; options: ToolchainOptions }> {
  const root = resolve(given.cacheDir);
  const cache = cacheLayout(root);
  const options = { ...given, env: withoutFolder(given.env, root) };
  const { env, progress, signal } = options;
  await removeStaleTemporaries(cache);
  const target = { platform: process.platform, arch: process.arch };
  const installer = new Installer({ cache, modulesDir, target, progress, env, ...(signal && { signal }) });
  return { installer, cache, options };
}

async function toToolchain(
  located: readonly Located[],
  installer: Installer,
  cache: CacheLayout,
  { env }: ToolchainOptions,
): Promise<Toolchain> {
  const linked = await linkAll(located, cache);
  return {
    binDir: linked.binDir,
    path(binary) {
      const path = linked.paths.get(binary);
      if (path === undefined) {
        const known = [...linked.paths.keys()].sort().join(", ");
        throw new ToolchainError(`${binary} is not part of the toolchain that was asked for, which has ${known}`);
      }
      return path;
    },
    asset: (name) => fetchAsset(name, installer),
    env: {
      PATH: [linked.binDir, env["PATH"]].filter(Boolean).join(delimiter),
      ...(await pulumiEnvironment(cache.pulumiHome, env)),
      // Node keeps compiled modules there, which halves the start of a program.
      NODE_COMPILE_CACHE: env["NODE_COMPILE_CACHE"] ?? cache.compiled,
      // The engine and its plugins live for seconds: collecting garbage seldom saves 7 % of a first update. The limit makes
      // it often again where an environment is so large that memory would run short.
      GOGC: env["GOGC"] ?? "1600",
      GOMEMLIMIT: env["GOMEMLIMIT"] ?? "1GiB",
    },
  };
}

/**
 * The environment without PATH entries of the cache: a shell that `terrarium shellenv` has set up must not make our own tools
 * look like the machine's.
 */
function withoutFolder(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  const entries = (env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.startsWith(`${folder}${sep}`));
  return { ...env, PATH: entries.join(delimiter) };
}

/** Cache first, then the machine, then download, then build; a plugin is downloaded only by an official CLI. */
async function locate(components: Component[], installer: Installer, options: ToolchainOptions): Promise<Located[]> {
  const located = await locateInCache(components, installer);
  const missing = (): Component[] => components.filter((component) => !located.has(component));
  if (options.env["TERRARIUM_TOOLCHAIN"] !== "build") {
    for (const component of missing()) {
      const own = await findOnMachine(component, options);
      if (own !== undefined) {
        located.set(component, own);
      }
    }
    await download(missing(), installer, located);
  }
  const toBuild = missing();
  const built = await installer.build(toBuild.map((component) => component.recipe));
  built.forEach((installed, index) => {
    const component = toBuild[index];
    if (component !== undefined) {
      located.set(component, { component, origin: "cache", installed });
    }
  });
  return [...located.values()];
}

async function locateInCache(components: readonly Component[], installer: Installer): Promise<Map<Component, Located>> {
  const located = new Map<Component, Located>();
  for (const component of components) {
    const installed = await installer.find(component);
    if (installed !== undefined) {
      located.set(component, { component, origin: "cache", installed });
    }
  }
  return located;
}

async function findOnMachine(component: Component, options: ToolchainOptions): Promise<Located | undefined> {
  const { env, progress, signal } = options;
  if (component.plugin !== undefined) {
    const folder = await findUserPlugin(component.plugin, env);
    return folder === undefined ? undefined : { component, origin: "machine", path: folder };
  }
  const tool = component.official === undefined ? undefined : await findOfficial(component.official, env, signal);
  if (tool === undefined) {
    return undefined;
  }
  progress.start(`find ${component.official}`).done(`this machine's own ${tool.version}, ${tool.path}`);
  return { component, origin: "machine", path: tool.path };
}

async function download(
  missing: readonly Component[],
  installer: Installer,
  located: Map<Component, Located>,
): Promise<void> {
  const attempt = async (component: Component, pulumi: string | undefined): Promise<void> => {
    const installed = await installer.download(component, pulumi);
    if (installed !== undefined) {
      located.set(component, { component, origin: "cache", installed });
    }
  };
  if (missing.includes(pulumiCli)) {
    await attempt(pulumiCli, undefined);
  }
  const cli = located.get(pulumiCli);
  const pulumi = cli === undefined ? undefined : officialCliPath(cli);
  if (pulumi !== undefined) {
    await Promise.all(
      missing.filter(({ plugin }) => plugin !== undefined).map((component) => attempt(component, pulumi)),
    );
  }
}

/** A CLI that we built ourselves is there because downloads don't work: it isn't asked to download plugins. */
function officialCliPath(cli: Located): string | undefined {
  if (cli.origin === "machine") {
    return cli.path;
  }
  return cli.installed.isOfficial ? join(cli.installed.files, "pulumi") : undefined;
}

/** Executables get one folder per set of components, so that two sets never overwrite each other's. */
async function linkAll(
  located: readonly Located[],
  cache: CacheLayout,
): Promise<{ binDir: string; paths: Map<string, string> }> {
  const sources = located.map(sourceOf);
  const binDir = join(cache.bin, textKey(sources.sort()));
  const paths = new Map<string, string>();
  for (const one of located) {
    const source = sourceOf(one);
    const { plugin } = one.component;
    if (plugin !== undefined) {
      await linkPlugin(cache.pulumiHome, plugin, source, one.origin === "cache");
      const binary = `pulumi-resource-${plugin.name}`;
      paths.set(binary, join(pluginFolder(cache.pulumiHome, plugin), binary));
    } else if (one.origin === "machine") {
      const path = join(binDir, basename(source));
      await linkOfficial(source, path);
      paths.set(basename(source), path);
    } else {
      for (const file of await filesBelow(source)) {
        const path = join(binDir, relative(source, file));
        await linkInstalled(file, path);
        paths.set(relative(source, file), path);
      }
    }
  }
  return { binDir, paths };
}

function sourceOf(one: Located): string {
  return one.origin === "cache" ? one.installed.files : one.path;
}

const assets: Record<AssetName, { readonly component: Component; readonly path: string }> = {
  "gateway-api": { component: { recipe: gatewayApi }, path: "standard" },
  calico: { component: { recipe: calico }, path: "calico.yaml" },
  "kubernetes-api": { component: { recipe: kubernetesApi }, path: "swagger.json" },
  "pod-security-corpus": { component: { recipe: podSecurityCorpus }, path: "testdata" },
  "flux-definitions": { component: { recipe: fluxDefinitions }, path: "definitions" },
};

async function fetchAsset(name: AssetName, installer: Installer): Promise<string> {
  const { component, path } = assets[name];
  const installed = (await installer.find(component)) ?? (await installer.build([component.recipe]))[0];
  return join(installed?.files ?? "", path);
}
