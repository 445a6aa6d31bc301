import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mapValues } from "../../spec/index.ts";
import type { PlatformConfig, PlatformSettings } from "../config.ts";
import { repositoryKey } from "../domain/names.ts";
import { clusterNames, MOUNTS, PASSPHRASE_FILE } from "./names.ts";

/** The configuration can't be installed. */
export class InstallationError extends Error {
  override readonly name = "InstallationError";
}

/** A configuration as the service's pods read it. */
export interface PodConfiguration {
  readonly config: PlatformConfig;
  /** Texts of the files that it names, by their name below the mount; they may hold secrets. */
  readonly files: Readonly<Record<string, string>>;
  /** Where the stacks' state is; undefined: in the service's own volume. May hold a password. */
  readonly stateAddress?: string;
}

/** Port of the service in its pod where the configuration leaves the choice. */
const PORT = 8080;

/**
 * Turns a configuration of this machine into one for pods: descriptions of other files are put into it, files with secrets
 * become a Secret's, and an address with a password in it becomes a file.
 *
 * @param image of the service, which its Jobs run too.
 * @throws InstallationError when a file can't be read, or something means this machine.
 */
export function toPodConfiguration({ config, domain }: PlatformSettings, image: string): PodConfiguration {
  const { runner, http, namespace } = config;
  const files: Record<string, string> = {};
  const mounted = (name: string, text: string): string => {
    files[name] = text;
    return `${MOUNTS.files}/${name}`;
  };
  const stateAddress = addressOf(runner.state);
  if (runner.kind === "job" && stateAddress === undefined)
    throw new InstallationError(
      "runner.kind: job needs state that other pods reach, and runner.state names none. Name a PostgreSQL server or a bucket in runner.state.address or runner.state.addressFile.",
    );
  if (runner.policyPacks.length > 0)
    throw new InstallationError(
      "runner.policyPacks: the service's image has nothing that runs policy packs. Leave it out, or run the service by hand: terrarium platform run.",
    );
  const { passphraseFile, secretsProvider, saveOnce } = runner.state;
  if (passphraseFile !== undefined)
    mounted(PASSPHRASE_FILE, readText("runner.state.passphraseFile", passphraseFile).trim());
  return {
    config: {
      ...config,
      http: { ...http, port: http.port === 0 ? PORT : http.port, address: undefined },
      repositories: mapValues(config.repositories, (repository, address) => {
        const base = domain.repositories[repositoryKey(address)]?.base;
        const digest = createHash("sha256").update(address).digest("hex").slice(0, 8);
        const secretFiles = mapValues(repository.secretFiles, (file, key) =>
          mounted(`secret-${digest}-${key}`, readText(`repositories.${address}.secretFiles.${key}`, file)),
        );
        return { ...repository, secretFiles, ...(base === undefined ? {} : { base }) };
      }),
      runner: {
        ...runner,
        namespaceRole: clusterNames(namespace).environment,
        state: {
          secretsProvider,
          saveOnce,
          ...(stateAddress === undefined ? {} : { addressFile: mounted("state-address", stateAddress) }),
          ...(secretsProvider === "passphrase" ? { passphraseFile: `${MOUNTS.files}/${PASSPHRASE_FILE}` } : {}),
        },
        job: { ...runner.job, image: runner.job.image ?? image },
      },
    },
    files,
    ...(stateAddress === undefined ? {} : { stateAddress }),
  };
}

function addressOf({ address, addressFile }: PlatformConfig["runner"]["state"]): string | undefined {
  const found = addressFile === undefined ? address : readText("runner.state.addressFile", addressFile).trim();
  if (found?.startsWith("file:"))
    throw new InstallationError(
      "runner.state names a folder of this machine, which pods do not have. Leave it out: the state then lies in a volume of the service; or name a PostgreSQL server or a bucket.",
    );
  return found;
}

function readText(where: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InstallationError(`${where}: ${file} can't be read: ${error instanceof Error ? error.message : ""}`);
  }
}
