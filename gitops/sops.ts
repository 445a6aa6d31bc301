import { stringify } from "yaml";
import { lastLines, type RunCommand } from "../clusters/run-command.ts";
import type { Encrypt } from "./sealed-secret.ts";

/** Somebody who can decrypt Secrets. */
export interface Recipient {
  /** Public age key ("age1…"). */
  readonly key: string;
  /** The only stack whose Secrets are encrypted for this key. @default every stack's are */
  readonly stack?: string;
}

/** Whether somebody can decrypt a stack's Secrets. */
export function isFor(recipient: Recipient, stack: string): boolean {
  return recipient.stack === undefined || recipient.stack === stack;
}

/** The rules by which sops encrypts the Secrets of an export. */
export function sopsRules(stacks: readonly string[], recipients: readonly Recipient[]): string {
  const rules = stacks.map((stack) => ({
    path_regex: `(^|/)(overlays|releases)/${stack}/.*secret-[^/]*\\.yaml$`,
    encrypted_regex: "^(data|stringData)$",
    // kustomize may change labels; the check that nobody touched a value still holds.
    mac_only_encrypted: true,
    age: recipients
      .filter((recipient) => isFor(recipient, stack))
      .map(({ key }) => key)
      .join(","),
  }));
  return stringify({ creation_rules: rules }, { lineWidth: 0 });
}

/**
 * Encrypts with sops. What is secret goes through pipes only.
 *
 * @param sops path of the program.
 * @param config path of .sops.yaml.
 */
export function encryptWith(sops: string, config: string, run: RunCommand): Encrypt {
  return async (path, text) => {
    const types = ["--input-type", "yaml", "--output-type", "yaml"];
    // Variables of the user's, such as SOPS_AGE_RECIPIENTS, would go before the rules.
    const options = { env: {}, input: text };
    const result = await run(sops, ["--config", config, "encrypt", "--filename-override", path, ...types], options);
    if (result.code !== 0) throw new Error(`${path} cannot be encrypted: ${lastLines(result)}`);
    return result.stdout;
  };
}
