import { delimiter, dirname } from "node:path";
import type { TaskSettings } from "./task.ts";

/** Variables of every Pulumi process beyond the service's own. Credentials are among them, never among arguments. */
export function engineVariables({ state, tools }: Pick<TaskSettings, "state" | "tools">): Record<string, string> {
  return {
    ...tools.env,
    // Pulumi starts policy packs with the first `node` that it finds: it is to be the one that runs this service.
    PATH: [dirname(process.execPath), tools.env["PATH"] ?? process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_BACKEND_URL: state.address,
    ...(state.passphraseFile === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: state.passphraseFile }),
    // The key to a stack's secrets is found in its state: no file has to outlive the operation.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // An environment is the platform's: what somebody has set by hand is set back, not argued about.
    PULUMI_K8S_ENABLE_PATCH_FORCE: "true",
    // Nobody reads them, and nothing ever removes them.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    ...(state.saveOnce ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {}),
  };
}
