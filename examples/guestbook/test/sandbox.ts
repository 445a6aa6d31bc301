import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** User that Postgres runs as where the tests run as root, which it refuses. */
export const NOBODY = 65534;

/** A temporary folder, and processes that end with the test run. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "guestbook-test-"));
  readonly #guard: ChildProcess;

  constructor() {
    chmodSync(this.folder, 0o755);
    this.#guard = spawn(process.execPath, [fileURLToPath(new URL("guard.ts", import.meta.url))], {
      detached: true,
      stdio: ["pipe", "inherit", "inherit"],
    });
    this.#tell(`folder ${this.folder}`);
  }

  start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(program, args, options);
    if (child.pid !== undefined) this.#tell(`pid ${child.pid}`);
    return child;
  }

  /** Ends what was started, and waits for that. */
  async close(): Promise<void> {
    const exit = once(this.#guard, "exit");
    this.#guard.stdin?.end();
    await exit;
  }

  #tell(line: string): void {
    this.#guard.stdin?.write(`${line}\n`);
  }
}

/** Runs a program to its end. @throws when it fails, with its output. */
export async function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** Ports of the loopback interface that nobody uses now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits until `condition` gives a value. @throws when it has not within the deadline. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  milliseconds = 60_000,
): Promise<T> {
  const deadline = Date.now() + milliseconds;
  let last: unknown;
  do {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() < deadline);
  throw new Error(`${what}: not within ${milliseconds} ms`, { cause: last });
}
