import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPrivateFile } from "../../clusters/kubeconfig.ts";
import { folderAddress, withoutAttributes } from "../../stacks/folder-state.ts";
import type { RunnerSettings } from "./settings.ts";
import type { TaskSettings } from "./task.ts";

/**
 * Where the state is and how its secrets are encrypted. What the settings leave open lies in the service's data folder: it is
 * made at the first call, readable by the service's user only.
 *
 * @throws Error that names the file which can't be read.
 */
export function locateState({ state }: Pick<RunnerSettings, "state">, dataFolder: string): TaskSettings["state"] {
  const { secretsProvider, saveOnce } = state;
  const address = addressOf(state, dataFolder);
  if (secretsProvider !== "passphrase") return { address, secretsProvider, saveOnce };
  const own = join(dataFolder, "passphrase");
  const passphraseFile = state.passphraseFile ?? own;
  if (passphraseFile === own && !existsSync(own)) createPrivateFile(own, randomBytes(32).toString("base64url"));
  if (!existsSync(passphraseFile)) {
    throw new Error(`runner.state.passphraseFile: there is no file ${passphraseFile}`);
  }
  return { address, secretsProvider, saveOnce, passphraseFile };
}

function addressOf({ address, addressFile }: RunnerSettings["state"], dataFolder: string): string {
  const named = address ?? (addressFile === undefined ? undefined : readAddress(addressFile));
  if (named !== undefined) return named.startsWith("file:") ? withoutAttributes(named) : named;
  const folder = join(dataFolder, "state");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folderAddress(folder);
}

function readAddress(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`runner.state.addressFile can't be read: ${reason}`, { cause: error });
  }
}
