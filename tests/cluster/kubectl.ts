import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { forwards, namespace } from "./stack.ts";

/** What a finished command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What tests do with the objects of one environment. */
export interface Objects {
  readonly namespace: string;
  /** Runs kubectl in the namespace; it must succeed. @returns its output. */
  readonly run: (args: readonly string[], input?: string) => Promise<string>;
  /** Reads an object. */
  readonly read: <T>(...args: readonly string[]) => Promise<T>;
  /** Decoded values of a Secret. */
  readonly secret: (name: string) => Promise<Record<string, string>>;
  /** SQL as the superuser, inside the Postgres pod. @returns the lines of the answer. */
  readonly sql: (statement: string) => Promise<string[]>;
}

/** Milliseconds that a part of the cluster that was ended gets to be there again. */
const patienceMs = 15_000;
const pauseMs = 200;

/** What kubectl says when a request reached nobody: nothing has happened, whatever the request was. */
const NOT_SENT =
  /connection refused|server \S+ was refused|containerd\.sock: connect: no such file|upgrade connection: pod does not exist/;
/** What it says when an answer was lost. The request may have been carried out. */
const NOT_ANSWERED =
  /\bEOF\b|connection reset|etcdserver: |TLS handshake timeout|ServiceUnavailable|unable to handle the request|transport is closing|client connection lost/;
const READS = new Set(["get", "logs", "wait", "rollout status"]);

/**
 * Runs kubectl on the stack's cluster. A request that reached nobody is sent again for a while, and so is one that lost its
 * answer and may be repeated: the cluster's own parts may be ended and started again at any time.
 *
 * @param options.repeatable whether the command does the same when it is carried out twice. @default one that only reads
 */
export async function kubectl(
  args: readonly string[],
  input = "",
  options: { readonly repeatable?: boolean } = {},
): Promise<CommandResult> {
  const deadline = Date.now() + patienceMs;
  const words = args.filter((word, index) => !word.startsWith("-") && args[index - 1] !== "--namespace");
  const { repeatable = READS.has(words[0] ?? "") || READS.has(words.slice(0, 2).join(" ")) } = options;
  for (;;) {
    const result = await once(args, input);
    const again = NOT_SENT.test(result.stderr) || (repeatable && NOT_ANSWERED.test(result.stderr));
    if (result.code === 0 || !again || Date.now() > deadline) return result;
    await delay(pauseMs);
  }
}

function once(args: readonly string[], input: string): Promise<CommandResult> {
  const where = ["--kubeconfig", forwards.kubeconfig, "--context", forwards.context];
  return new Promise((done) => {
    const child = execFile(
      forwards.kubectl,
      [...where, ...args],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      },
    );
    // A command that ends early does not read its input; its exit code says why.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** {@link Objects} in a namespace. */
export function objectsIn(namespace: string): Objects {
  const run = async (args: readonly string[], input = ""): Promise<string> => {
    const result = await kubectl(["--namespace", namespace, ...args], input);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
    return result.stdout;
  };
  const read = async <T>(...args: readonly string[]): Promise<T> =>
    JSON.parse(await run(["get", ...args, "--output", "json"])) as T;
  return {
    namespace,
    run,
    read,
    secret: async (name) => {
      const { data } = await read<{ data: Record<string, string> }>("secret", name);
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
      );
    },
    sql: async (statement) => {
      const psql = ["psql", "--no-psqlrc", "-U", "postgres", "-d", "guestbook", "-v", "ON_ERROR_STOP=1", "-At"];
      const output = await run(["exec", "-i", "postgres-0", "-c", "postgres", "--", ...psql], statement);
      return output.split("\n").filter((line) => line !== "");
    },
  };
}

/** The shared environment's objects. */
export const shared = objectsIn(namespace);
