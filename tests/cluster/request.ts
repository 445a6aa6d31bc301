import { setTimeout as delay } from "node:timers/promises";
import { forwards } from "./stack.ts";

/** What is sent, beyond a service's name and a path. */
export interface RequestOptions {
  /** Port of the Service. @default 8080 */
  readonly port?: number;
  /** @default POST with a body, GET without */
  readonly method?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer; the body is parsed where it is JSON. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

/** Milliseconds that a port gets to be forwarded again. */
const patienceMs = 15_000;
const pauseMs = 200;

/**
 * Sends a request to a Service of the shared environment. One that reached nobody is sent again for a while, and so is a
 * GET whose answer was lost: a forward ends with the part of the cluster that carries it, and is opened again.
 */
export async function request<T = unknown>(
  service: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  const { port = 8080, json, form, headers } = options;
  const method = options.method ?? (json === undefined && form === undefined ? "GET" : "POST");
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      const response = await fetch(`http://${address(service, port)}${path}`, {
        method,
        redirect: "manual",
        headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
        body: json === undefined ? form && new URLSearchParams(form) : JSON.stringify(json),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      const { status } = response;
      return { status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T, text };
    } catch (error) {
      const cause =
        error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined;
      const code = cause?.code;
      const again =
        code === "ECONNREFUSED" || (method === "GET" && (code === "ECONNRESET" || code === "UND_ERR_SOCKET"));
      if (!again || Date.now() > deadline) {
        throw new Error(`${method} ${service}${path}: ${cause?.message ?? String(error)} (${code})`, { cause: error });
      }
      await delay(pauseMs);
    }
  }
}

/** Address on this machine of a port of a Service. */
function address(service: string, port: number): string {
  const found = forwards.forwards.find((forward) => forward.service === service && forward.port === port);
  if (!found) throw new Error(`No port-forward leads to ${service}:${port}. Run: make bootstrap-dev`);
  return `127.0.0.1:${found.localPort}`;
}
