import type { Socket } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Log, reasonOf } from "../log.ts";
import { BODY_LIMIT } from "./bodies.ts";
import type { Metrics } from "./metrics.ts";
import { HttpProblem, PROBLEM_TYPE, toHttpProblem } from "./problem.ts";
import { refuseForeignOrigin } from "./same-origin.ts";

/** A part of the server, with routes of its own. */
export type HttpPlugin = (app: FastifyInstance) => void | Promise<void>;

/** What the server tells of the service, and what else it serves. */
export interface ServerArgs {
  /** TCP port; 0 for any that is free. */
  readonly port: number;
  /** Address that it listens on. @default all of this machine */
  readonly address?: string | undefined;
  /** What is missing before the service is ready; undefined when nothing is. Leader or not makes no difference. */
  readonly notReady: () => string | undefined;
  readonly metrics: Pick<Metrics, "text">;
  readonly log: Log;
  /** Addresses of proxies whose X-Forwarded-* headers are believed. @default none */
  readonly proxies?: readonly string[];
  readonly plugins?: readonly HttpPlugin[];
}

/** Milliseconds that the headers of a request may take, and the whole of it; seconds are an eternity for what is small. */
const [HEADERS_MS, REQUEST_MS] = [5_000, 10_000];

/**
 * Serves /healthz, /readyz, /metrics and the plugins' routes. Whatever is wrong is answered with a problem, as problem.ts has them.
 *
 * @returns the server, once it listens. @throws when the port is taken.
 */
export async function serve(args: ServerArgs): Promise<FastifyInstance> {
  const { port, address, notReady, metrics, log, proxies = [], plugins = [] } = args;
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    http: { headersTimeout: HEADERS_MS },
    trustProxy: [...proxies],
    // Streams would hold up the end for ever.
    forceCloseConnections: true,
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, _request, reply) => void answerProblem(error, reply),
  });
  app.removeContentTypeParser("text/plain");
  const unserved = rememberPaths(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    if (request.is404) throw unserved(request);
    refuseForeignOrigin(request);
  });
  app.setErrorHandler((error, request, reply) => {
    const { method, routeOptions } = request;
    if (toHttpProblem(error).status === 500)
      log.error("a request failed", { method, route: routeOptions.url, reason: reasonOf(error) });
    return answerProblem(error, reply);
  });

  app.get("/healthz", () => "ok\n");
  app.get("/readyz", (_request, reply) => {
    const missing = notReady();
    return reply.code(missing === undefined ? 200 : 503).send(`${missing ?? "ok"}\n`);
  });
  app.get("/metrics", async (_request, reply) => {
    const { type, text } = await metrics.text();
    return reply.type(type).send(text);
  });
  for (const plugin of plugins) await app.register(async (scope) => plugin(scope));
  await listen(app, port, address).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  return app;
}

/** Port that a server listens on. */
export function portOf({ server }: Pick<FastifyInstance, "server">): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");
  return address.port;
}

/** Where nobody names an address, all of both kinds, or of the one kind that the machine has. */
async function listen(app: FastifyInstance, port: number, address: string | undefined): Promise<void> {
  try {
    await app.listen({ port, host: address ?? "::" });
  } catch (error) {
    const hasNoSuchKind = ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (address !== undefined || !hasNoSuchKind) throw error;
    await app.listen({ port, host: "0.0.0.0" });
  }
}

function answerProblem(error: unknown, reply: FastifyReply): FastifyReply {
  const problem = toHttpProblem(error);
  return reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** @returns what tells paths that are served with other methods from those that are not served at all. */
function rememberPaths(app: FastifyInstance): (request: FastifyRequest) => HttpProblem {
  const served = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:[^/]+/g, "[^/]+").replaceAll("*", ".*")}$`);
    const { methods } = served.get(url) ?? { methods: new Set() };
    for (const each of [method].flat()) methods.add(each);
    served.set(url, { pattern, methods });
  });
  return ({ url }) => {
    const [path = ""] = url.split("?");
    const methods = [...served.values()].flatMap((each) => (each.pattern.test(path) ? [...each.methods] : []));
    if (methods.length === 0) return new HttpProblem("not-found", "Nothing is served at this path.");
    const allow = methods.join(", ");
    return new HttpProblem("method-not-allowed", `Served here: ${allow}.`, { headers: { allow } });
  };
}

/** Answers what is no HTTP, or took too long. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const problem =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? new HttpProblem("timeout", `A request has ${REQUEST_MS / 1000} s.`)
      : error.code === "HPE_HEADER_OVERFLOW"
        ? new HttpProblem("headers-too-large", "The headers have at most 16 KiB together.")
        : new HttpProblem("bad-request", "This is no HTTP request.");
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.code}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
