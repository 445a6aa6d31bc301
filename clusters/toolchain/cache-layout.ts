import { join } from "node:path";

/** Where things lie below the cache folder. */
export interface CacheLayout {
  /** One folder per installed component and key. */
  readonly toolchain: string;
  /** One folder of executables per set of components. */
  readonly bin: string;
  readonly locks: string;
  /** The output of each component's last build. */
  readonly logs: string;
  /** Node's compiled modules. */
  readonly compiled: string;
  /** PULUMI_HOME of every Pulumi process that the toolchain starts. */
  readonly pulumiHome: string;
}

/** @param cacheDir absolute path, e.g. from {@link defaultCacheDir}. */
export function cacheLayout(cacheDir: string): CacheLayout {
  return {
    toolchain: join(cacheDir, "toolchain"),
    bin: join(cacheDir, "bin"),
    locks: join(cacheDir, "locks"),
    logs: join(cacheDir, "logs"),
    compiled: join(cacheDir, "node-compile-cache"),
    pulumiHome: join(cacheDir, "pulumi-home"),
  };
}

/**
 * The per-user cache folder.
 *
 * @default TERRARIUM_CACHE; else ~/Library/Caches/terrarium on macOS, XDG_CACHE_HOME/terrarium or ~/.cache/terrarium elsewhere.
 */
export function defaultCacheDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, homedir: string): string {
  if (env["TERRARIUM_CACHE"]) {
    return env["TERRARIUM_CACHE"];
  }
  if (platform === "darwin") {
    return join(homedir, "Library", "Caches", "terrarium");
  }
  return join(env["XDG_CACHE_HOME"] || join(homedir, ".cache"), "terrarium");
}
