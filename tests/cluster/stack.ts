import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Forwards } from "../../cli/forwards/index.ts";
import { resolveStack } from "../../cli/stack-validation.ts";
import { localPaths } from "../../clusters/local-paths.ts";

/** The checkout whose stack is tested, and the stack: set by `terrarium test-integration-dev`. */
export const checkout = resolve(process.env["TERRARIUM_TEST_CHECKOUT"] ?? join(import.meta.dirname, "../.."));
export const stack = process.env["TERRARIUM_TEST_STACK"] ?? "local";

export const environment = resolveStack(checkout, stack);
/** Namespace of the environment. */
export const namespace = environment.name;

const paths = localPaths(checkout);
const forwards = new Forwards(paths).read();

/** What a finished command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl on the stack's cluster. */
export function kubectl(args: readonly string[], input = ""): Promise<CommandResult> {
  if (!forwards) throw new Error("The stack is not up. Run: make bootstrap-dev");
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

/** The shared environment's; no test disrupts it. */
export const { run: inNamespace, read, secret, sql } = objectsIn(namespace);

/** Address on this machine of a port of a Service. */
export function address(service: string, port: number): string {
  const found = forwards?.forwards.find((forward) => forward.service === service && forward.port === port);
  if (!found) throw new Error(`No port-forward leads to ${service}:${port}. Run: make bootstrap-dev`);
  return `127.0.0.1:${found.localPort}`;
}

/** A name that no other test has. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** Asks again until there is an answer that is not undefined. @throws with the last error when it takes too long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs = 30_000, everyMs = 100 } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs / 1000} s`, last === undefined ? undefined : { cause: last });
    }
    await delay(everyMs);
  }
}

/** A request to a Service of the environment. @returns status, headers and the body, parsed where it is JSON. */
export async function request<T = unknown>(
  service: string,
  path: string,
  options: {
    readonly port?: number;
    readonly method?: string;
    readonly json?: unknown;
    readonly form?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<{ status: number; headers: Headers; body: T; text: string }> {
  const { port = 8080, json, form, headers } = options;
  const response = await fetch(`http://${address(service, port)}${path}`, {
    method: options.method ?? (json === undefined && form === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: json === undefined ? form && new URLSearchParams(form) : JSON.stringify(json),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T, text };
}
