import { spawn } from "node:child_process";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { SemVer } from "semver";
import { versions } from "../../clusters/toolchain/index.ts";

/** Pulumi's command line ended with an error; the message is all that it said. */
export class PulumiError extends Error {
  override readonly name = "PulumiError";
}

/** What the Automation API calls for each command; its types leave it out as internal. */
interface Runnable {
  readonly command: string;
  readonly version: SemVer;
  run(
    args: string[],
    cwd: string,
    env: Readonly<Record<string, string>>,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<{ stdout: string; stderr: string; code: number }>;
}

/**
 * Pulumi's command line for the Automation API, in place of the API's own: that one asks for the version first, and waits in
 * vain for a signal that has aborted already.
 */
export function pulumiCommand(path: string): PulumiCommand {
  const command: Runnable = {
    command: path,
    version: new SemVer(versions.pulumi),
    run: (args, cwd, env, _, __, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(new PulumiError("error: stopped before it began"));
          return;
        }
        const options = { cwd, env: { ...process.env, ...env, PULUMI_AUTOMATION_API: "true" } };
        const child = spawn(path, [...args, ...moreArguments(args)], options);
        const stop = (): void => {
          child.kill("SIGINT");
        };
        signal?.addEventListener("abort", stop, { once: true });
        const output = { stdout: "", stderr: "" };
        child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
        child.on("error", reject);
        child.on("close", (code, killedBy) => {
          signal?.removeEventListener("abort", stop);
          if (code === 0) resolve({ ...output, code });
          else
            reject(
              new PulumiError(`${killedBy ? `was killed with ${killedBy}\n` : ""}${output.stdout}${output.stderr}`),
            );
        });
        child.stdin.on("error", () => undefined);
        child.stdin.end();
      }),
  };
  return command;
}

/** What the API leaves out: stacks are not selected, which would leave a file for each in Pulumi's home. */
function moreArguments(args: readonly string[]): string[] {
  return ["--non-interactive", ...(args[0] === "stack" && args[1] === "init" ? ["--no-select"] : [])];
}
