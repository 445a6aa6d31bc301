import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { checkout } from "./stack.ts";

/** Runs a command of Terrarium on a stack of the tested checkout. @throws when it fails. */
export function terrarium(stack: string, ...args: readonly string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)(process.execPath, ["cli/main.ts", ...args, "--stack", stack], {
    cwd: checkout,
    env: { ...process.env, CI: "true" },
    maxBuffer: 64 * 1024 * 1024,
  });
}
