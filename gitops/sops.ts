import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** What {@link withEncryption} works with. */
export interface SopsArgs {
  /** Path of the program. */
  readonly sops: string;
  /** The text of .sops.yaml. */
  readonly rules: string;
  readonly run: RunCommand;
}

/**
 * Calls a function with what encrypts by rules. The rules are in a temporary file meanwhile: those of an export change only
 * with its Secrets. What is secret goes through pipes only.
 */
export async function withEncryption<T>(
  { sops, rules, run }: SopsArgs,
  action: (encrypt: Encrypt) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "terrarium-rules-"));
  try {
    const config = join(folder, "rules.yaml");
    await writeFile(config, rules);
    return await action(async (path, text) => {
      const types = ["--input-type", "yaml", "--output-type", "yaml"];
      // Variables of the user's, such as SOPS_AGE_RECIPIENTS, would go before the rules. Paths in rules are from where they lie.
      const options = { env: {}, cwd: folder, input: text };
      const result = await run(sops, ["--config", config, "encrypt", "--filename-override", path, ...types], options);
      if (result.code !== 0)
        throw new Error(`${path} cannot be encrypted by the rules in .sops.yaml: ${lastLines(result)}`);
      return result.stdout;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
