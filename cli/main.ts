/** Entry point of `bin/terrarium`: connects the commands to this process. */
import { homedir } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createProgress, defaultCacheDir, ensureToolchain, type ToolName } from "../clusters/toolchain/index.ts";
import { exitCodes } from "./exit.ts";
import { runProgram } from "./program.ts";
import { validateStack } from "./stack-validation.ts";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const interruption = new AbortController();

/** Milliseconds that a command gets to tidy up when it is interrupted while no engine runs. */
const tidyUpMs = 10_000;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // An engine that runs listens too, and decides for itself.
    if (process.listenerCount(signal) > 1) return;
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort(new Error("Interrupted."));
    setTimeout(() => process.exit(exitCodes.interrupted), tidyUpMs).unref();
  });
}

const toolchains = new Map<string, ReturnType<typeof ensureToolchain>>();

process.exitCode = await runProgram(process.argv.slice(2), {
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
    const made = ensureToolchain(needs, {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      signal: interruption.signal,
      env: process.env,
    });
    toolchains.set(key, made);
    return made;
  },
  validate: (stack) => validateStack(checkout, stack),
});
