/** Connects the commands to this process. */
import { homedir } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createProgress,
  defaultCacheDir,
  ensureToolchain,
  findToolchain,
  type ToolchainOptions,
  type ToolName,
} from "../clusters/toolchain/index.ts";
import { exitCodes } from "./exit.ts";
import { validateStack } from "./stack-validation.ts";
import type { Surroundings } from "./surroundings.ts";

/** Milliseconds that a command gets to tidy up when it is interrupted while no engine runs. */
const tidyUpMs = 10_000;

/** This process's surroundings. Its interrupts abort what runs; a second one ends it. */
export function processSurroundings(): Surroundings {
  const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // An engine that runs listens too, and decides for itself.
      if (process.listenerCount(signal) > 1) return;
      if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
      interruption.abort(new Error("Interrupted."));
      setTimeout(() => process.exit(exitCodes.interrupted), tidyUpMs).unref();
    });
  }
  const options = (): ToolchainOptions => ({
    cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
    progress: createProgress(process.stderr),
    signal: interruption.signal,
    env: process.env,
  });
  const toolchains = new Map<string, ReturnType<typeof ensureToolchain>>();
  return {
    checkout,
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    signals: process,
    interrupted: interruption.signal,
    toolchain: (needs: readonly ToolName[]) => {
      const key = [...needs].sort().join(",");
      const known = toolchains.get(key);
      if (known !== undefined) return known;
      const made = ensureToolchain(needs, options());
      toolchains.set(key, made);
      return made;
    },
    installedTools: (needs) => findToolchain(needs, options()),
    validate: (stack) => validateStack(checkout, stack),
  };
}
