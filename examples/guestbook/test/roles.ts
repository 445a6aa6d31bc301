import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until, type Sandbox } from "./sandbox.ts";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
/** Most of a role's start is spent on compiling it. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/node", import.meta.url));

/** A process of the application, started as its image starts it. */
export interface Role {
  readonly process: ChildProcess;
  /** Every line of its output so far. */
  readonly lines: readonly string[];
  readonly exit: Promise<number | null>;
  readonly terminate: () => Promise<number | null>;
}

/** Starts a role; of the environment it gets the given variables alone. */
export function startRole(sandbox: Sandbox, role: string, env: Readonly<Record<string, string>>): Role {
  const child = sandbox.start(process.execPath, [MAIN, ...(role === "" ? [] : [role])], {
    cwd: "/",
    env: { NODE_COMPILE_CACHE, HOST: "127.0.0.1", SHUTDOWN_DELAY_MILLISECONDS: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const exit = once(child, "close").then(([code]) => code as number | null);
  return {
    process: child,
    lines,
    exit,
    terminate: () => {
      child.kill("SIGTERM");
      return exit;
    },
  };
}

/** Starts a role that serves, and waits until it is ready. */
export async function startServing(
  sandbox: Sandbox,
  role: string,
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<Role> {
  const started = startRole(sandbox, role, { PORT: String(port), ...env });
  await until(`${role} is ready`, async () => {
    if (started.process.exitCode !== null) throw new Error(started.lines.join("\n"));
    return (await fetch(`http://127.0.0.1:${port}/ready`)).ok;
  });
  return started;
}
