import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { formatProblem, mapValues, type Problem } from "../spec/index.ts";
import { type JsonSchema } from "../spec/json-schema-path.ts";
import { toProblems } from "../spec/problem.ts";
import type { Clock } from "./clock.ts";
import {
  type PlatformConfig,
  platformConfigJsonSchema,
  platformConfigSchema,
  type PlatformSettings,
  problemOfBase,
  toSettings,
} from "./config.ts";
import { repositoryKey } from "./domain/names.ts";
import type { BaseDescription } from "./domain/decide.ts";
import { type Log, reasonOf } from "./log.ts";
import { problemsOfPullRequests, withFilesOfGitHub } from "./pull-requests/settings.ts";
import { readSeeds } from "./seed-settings.ts";
import { readSecretFile } from "./secret-files.ts";

/** The platform's configuration can't be used; the message lists every problem. */
export class PlatformConfigError extends Error {
  override readonly name = "PlatformConfigError";

  constructor(path: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`The platform's configuration ${path} has ${count}.\n${problems.map(formatProblem).join("\n")}`);
  }
}

/** Milliseconds in which changes of the file count as one: editors and Kubernetes write it in several steps. */
const SETTLE_MS = 300;

/**
 * Reads and checks a configuration file, with the files that it names.
 *
 * @throws PlatformConfigError
 */
export async function readConfigFile(path: string): Promise<PlatformSettings> {
  const input = await readYaml(path, path, "(the file)");
  const parsed = platformConfigSchema.safeParse(input ?? {});
  if (!parsed.success)
    throw new PlatformConfigError(
      path,
      toProblems(parsed.error.issues, input, () => platformConfigJsonSchema() as JsonSchema),
    );
  const { config, problems: unreadable } = await withSeeds(withFullPaths(parsed.data, dirname(path)), dirname(path));
  const { repositories } = config;
  const bases = await Promise.all(
    Object.entries(repositories).map(
      async ([address, { base }]) => [address, await readBase(path, address, base)] as const,
    ),
  );
  const settings = toSettings(
    config,
    Object.fromEntries(bases.flatMap(([address, base]) => (base === undefined ? [] : [[address, base]]))),
  );
  const problems = [
    ...unreadable,
    ...doubled(config),
    ...problemsOfPullRequests(config),
    ...(await unreadableSecrets(config)),
    ...wrongBases(settings),
  ];
  if (problems.length > 0) throw new PlatformConfigError(path, problems);
  return settings;
}

/** The configuration that counts, which is read again whenever its file changes. A new one that is wrong changes nothing. */
export class LiveConfig {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed: () => void;
  #current: PlatformSettings;
  #takeBack: (() => void) | undefined;

  /** @param changed told after each change that counts. */
  constructor(
    path: string,
    first: PlatformSettings,
    { clock, log, changed }: { clock: Clock; log: Log; changed: () => void },
  ) {
    this.#path = path;
    this.#current = first;
    this.#clock = clock;
    this.#log = log;
    this.#changed = changed;
  }

  get current(): PlatformSettings {
    return this.#current;
  }

  /** Watches the file's folder: Kubernetes puts another file in its place. */
  watch(signal: AbortSignal): void {
    const watcher = watch(dirname(this.#path), { persistent: false, signal }, () => {
      this.#takeBack?.();
      this.#takeBack = this.#clock.after(SETTLE_MS, () => void this.reload());
    });
    watcher.on("error", (error) => {
      this.#log.warn("the configuration's folder can't be watched; changes count after a restart", {
        reason: reasonOf(error),
      });
    });
  }

  /** Reads the file again. */
  async reload(): Promise<void> {
    try {
      const next = await readConfigFile(this.#path);
      if (JSON.stringify(next) === JSON.stringify(this.#current)) return;
      const fixed = fixedSettings(this.#current.config);
      if (JSON.stringify(fixedSettings(next.config)) !== JSON.stringify(fixed))
        this.#log.warn("namespace, http, runner and pullRequests of the new configuration count after a restart only");
      this.#current = { ...next, config: { ...next.config, ...fixed } };
      this.#log.info("the configuration was read again");
      this.#changed();
    } catch (error) {
      this.#log.error("the new configuration is wrong; the old one still counts", { reason: reasonOf(error) });
    }
  }
}

/** What the service can't change while it runs. */
function fixedSettings({
  namespace,
  http,
  runner,
  pullRequests,
}: PlatformConfig): Pick<PlatformConfig, "namespace" | "http" | "runner" | "pullRequests"> {
  return { namespace, http, runner, pullRequests };
}

async function readYaml(config: string, file: string, where: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8")) as unknown;
  } catch (error) {
    throw new PlatformConfigError(config, [{ path: where, expected: `a readable YAML file (${reasonOf(error)})` }]);
  }
}

async function readBase(
  config: string,
  address: string,
  base: PlatformConfig["repositories"][string]["base"],
): Promise<BaseDescription | undefined> {
  const where = `repositories.${address}.base`;
  const read = typeof base === "string" ? await readYaml(config, resolve(dirname(config), base), where) : base;
  if (read === undefined || (typeof read === "object" && !Array.isArray(read) && read !== null))
    return read ?? undefined;
  throw new PlatformConfigError(config, [{ path: where, expected: "a file that holds a map of keys to values" }]);
}

/** Files with secrets and policy packs, which operations read; a relative name starts at the configuration's folder. */
function withFullPaths(config: PlatformConfig, folder: string): PlatformConfig {
  const repositories = mapValues(config.repositories, (repository) => ({
    ...repository,
    secretFiles: mapValues(repository.secretFiles, (file) => resolve(folder, file)),
  }));
  const pullRequests = withFilesOfGitHub(config.pullRequests, (_key, file) => resolve(folder, file));
  const policyPacks = config.runner.policyPacks.map((pack) => resolve(folder, pack));
  return { ...config, repositories, pullRequests, runner: { ...config.runner, policyPacks } };
}

/** Seeds' SQL files are read; whoever has the configuration needs no other file for them. */
async function withSeeds(
  config: PlatformConfig,
  folder: string,
): Promise<{ readonly config: PlatformConfig; readonly problems: readonly Problem[] }> {
  const read = await Promise.all(
    Object.entries(config.repositories).map(async ([address, repository]) => {
      const { seeds, problems } = await readSeeds(`repositories.${address}.seeds`, repository.seeds, folder);
      return { entry: [address, { ...repository, seeds }] as const, problems };
    }),
  );
  const repositories = Object.fromEntries(read.map(({ entry }) => entry));
  return { config: { ...config, repositories }, problems: read.flatMap(({ problems }) => problems) };
}

async function unreadableSecrets({ repositories, pullRequests }: PlatformConfig): Promise<Problem[]> {
  const files = Object.entries(repositories).flatMap(([address, { secretFiles }]) =>
    Object.entries(secretFiles).map(([key, file]) => ({ path: `repositories.${address}.secretFiles.${key}`, file })),
  );
  withFilesOfGitHub(pullRequests, (key, file) => {
    files.push({ path: `pullRequests.github.${key}`, file });
    return file;
  });
  const problems = await Promise.all(
    files.map(async ({ path, file }): Promise<Problem[]> => {
      try {
        await readSecretFile(file);
        return [];
      } catch (error) {
        return [{ path, expected: `a file that holds a value (${reasonOf(error)})` }];
      }
    }),
  );
  return problems.flat();
}

/** Addresses that mean the same repository. */
function doubled({ repositories }: PlatformConfig): Problem[] {
  const first = new Map<string, string>();
  return Object.keys(repositories).flatMap((address) => {
    const key = repositoryKey(address);
    const same = first.get(key);
    if (same !== undefined)
      return [{ path: `repositories.${address}`, expected: `each repository once: ${same} is the same` }];
    first.set(key, address);
    return [];
  });
}

function wrongBases(settings: PlatformSettings): Problem[] {
  return Object.entries(settings.config.repositories).flatMap(([address, { base }]) => {
    const problem = base === undefined ? undefined : problemOfBase(address, settings);
    return problem === undefined
      ? []
      : [{ path: `repositories.${address}.base`, expected: `a base that can be used\n${problem}` }];
  });
}
