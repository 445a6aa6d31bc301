import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { satisfies } from "semver";
import { findExecutable, isExecutable } from "./executable.ts";
import { runCommand } from "./run-command.ts";
import { acceptedOfficial } from "./versions.ts";

/** A tool of the machine's own, at a version that works in place of ours. */
export interface OfficialTool {
  /** Absolute path as found on PATH. */
  readonly path: string;
  readonly version: string;
}

type Name = keyof typeof acceptedOfficial;

/** Milliseconds that a tool has to tell its version. */
const probeTimeoutMs = 15_000;

/** How each tool is asked for its version, and where the answer stands in its output. */
const probes: Record<Name, { readonly args: readonly string[]; readonly pattern: RegExp }> = {
  pulumi: { args: ["version"], pattern: /^v?(\d+\.\d+\.\d+\S*)\s*$/m },
  kubectl: { args: ["version", "--client", "-o", "json"], pattern: /"gitVersion":\s*"v(\d+\.\d+\.\d+)/ },
  kind: { args: ["version"], pattern: /\bv(\d+\.\d+\.\d+\S*)/ },
  sops: { args: ["--version", "--disable-version-check"], pattern: /^sops (\d+\.\d+\.\d+\S*)/m },
};

/**
 * The tool on PATH, when its version is accepted; for pulumi also only with its language host for Node beside it.
 * A tool that is missing, fails or is of another version is passed over without an error: ours is used then.
 */
export async function findOfficial(
  name: Name,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<OfficialTool | undefined> {
  const path = await findExecutable(name, env);
  if (path === undefined || (name === "pulumi" && !(await hasLanguageHost(path)))) {
    return undefined;
  }
  const { args, pattern } = probes[name];
  let output: string;
  try {
    const probeEnv = { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    output = await runCommand(path, args, {
      cwd: tmpdir(),
      env: probeEnv,
      timeoutMs: probeTimeoutMs,
      ...(signal && { signal }),
    });
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
  const version = pattern.exec(output)?.[1];
  return version !== undefined && satisfies(version, acceptedOfficial[name]) ? { path, version } : undefined;
}

/** Pulumi looks for language hosts beside its own file, whatever links led there. */
async function hasLanguageHost(pulumi: string): Promise<boolean> {
  return isExecutable(join(dirname(await realpath(pulumi)), "pulumi-language-nodejs"));
}
