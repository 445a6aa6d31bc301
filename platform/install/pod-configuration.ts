import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mapValues } from "../../spec/index.ts";
import type { PlatformConfig, PlatformSettings } from "../config.ts";
import { repositoryKey } from "../domain/names.ts";
import { withFilesOfGitHub } from "../pull-requests/settings.ts";
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

/** Terrarium's own policy pack on this machine, and the folder in which the image has it. */
const OWN_PACK = fileURLToPath(new URL("../../policies", import.meta.url));
const IMAGE_FOLDER = "/app";

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
      pullRequests: withFilesOfGitHub(config.pullRequests, (key, file) =>
        mounted(`github-${key}`, readText(`pullRequests.github.${key}`, file)),
      ),
      runner: {
        ...runner,
        policyPacks: runner.policyPacks.map(packInImage),
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

/** Where the image has a policy pack: Terrarium's own, or one that an image made from ours has. */
function packInImage(folder: string): string {
  if (folder === OWN_PACK) return `${IMAGE_FOLDER}/policies`;
  if (folder.startsWith(`${IMAGE_FOLDER}/`)) return folder;
  throw new InstallationError(
    `runner.policyPacks: ${folder} is a folder of this machine, which pods do not have. Name ${OWN_PACK}, which the image has too; or make an image of your own from it with your pack in a folder below ${IMAGE_FOLDER}, name that folder, and install with --image.`,
  );
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
