import { randomUUID } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { messageOf, RequestError, withDeadline } from "./failures.ts";
import { logOptions } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { CommonSettings } from "./settings.ts";

/** What a role is built on: its HTTP server, log and metrics. */
export interface RoleServer {
  readonly app: FastifyInstance;
  readonly metrics: Metrics;
  /** Makes /ready ask something too; `check` rejects while it can't be used. */
  readonly dependOn: (name: string, check: () => Promise<unknown>) => void;
  /** Whether the process has been told to stop. */
  readonly isStopping: () => boolean;
  /**
   * Opens the port, and on SIGTERM or SIGINT: reports itself unready, finishes what runs, calls `close`, exits with 0.
   */
  readonly run: (close: () => Promise<void>) => Promise<void>;
}

/** Arguments of {@link createRoleServer}. */
export interface RoleServerArgs {
  readonly role: string;
  readonly settings: CommonSettings;
  /** Serves /metrics on a port of its own. @default the port of the role */
  readonly metricsPort?: number;
  /** How failed requests are answered. @default as JSON */
  readonly failures?: FailureAnswers;
}

/** Answers to requests that fail. */
export interface FailureAnswers {
  readonly error: (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;
  readonly notFound: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

const CHECK_MILLISECONDS = 1500;
const STOP_MILLISECONDS = 9500;
const OPERATIONAL = new Set(["/health", "/ready", "/metrics"]);
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Creates a role's server with /health, /ready, /metrics, JSON logs and an orderly stop. */
export function createRoleServer(args: RoleServerArgs): RoleServer {
  const { settings, role } = args;
  const metrics = createMetrics();
  const dependencies = new Map<string, () => Promise<unknown>>();
  let stopping = false;
  const app = fastify({
    ...logOptions(settings.logLevel, role, settings.podName),
    bodyLimit: 16 * 1024,
    forceCloseConnections: "idle",
    genReqId: (request) => requestId(request.headers["x-request-id"]),
  });
  observe(app, metrics);
  // Kept alive, a connection would hold up the stop once its request is answered.
  app.addHook("onSend", (_, reply, payload, done) => {
    if (stopping) reply.header("connection", "close");
    done(null, payload);
  });
  const failures = args.failures ?? JSON_FAILURES;
  app.setErrorHandler(failures.error);
  app.setNotFoundHandler(failures.notFound);

  app.get("/health", () => ({ status: "ok" }));
  app.get("/ready", async (request, reply) => {
    const missing = stopping ? { process: "is stopping" } : await failing(dependencies);
    if (Object.keys(missing).length === 0) return { status: "ready" };
    request.log.debug({ missing }, "not ready");
    return reply.code(503).send({ status: "unready", failures: missing });
  });
  const metricsServer = args.metricsPort === undefined ? undefined : serveMetrics(metrics);
  if (!metricsServer) {
    app.get("/metrics", async (_, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    );
  }

  const stop = async (close: () => Promise<void>): Promise<void> => {
    const forced = setTimeout(() => {
      app.log.error({ afterMilliseconds: STOP_MILLISECONDS }, "requests did not finish in time");
      process.exit(1);
    }, STOP_MILLISECONDS);
    forced.unref();
    await new Promise((resolve) => setTimeout(resolve, settings.shutdownDelayMilliseconds));
    await app.close();
    await close();
    metricsServer?.closeAllConnections();
    metricsServer?.close();
    app.log.info("stopped");
    process.exit(0);
  };

  return {
    app,
    metrics,
    dependOn: (name, check) => dependencies.set(name, check),
    isStopping: () => stopping,
    run: async (close) => {
      await app.listen({
        host: settings.host,
        port: settings.port,
        listenTextResolver: (address) => `listening on ${address}`,
      });
      if (metricsServer) await listen(metricsServer, settings.host, args.metricsPort ?? 0);
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.on(signal, () => {
          if (stopping) return;
          stopping = true;
          app.log.info({ signal }, "stopping");
          stop(close).catch((error: unknown) => {
            app.log.error({ err: error }, "could not stop in order");
            process.exit(1);
          });
        });
      }
    },
  };
}

/** The body of every failed request. */
function toBody(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}

function observe(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    const path = request.routeOptions.url ?? "none";
    const line = {
      method: request.method,
      route: path,
      statusCode: reply.statusCode,
      responseTimeMilliseconds: Math.round(reply.elapsedTime * 10) / 10,
    };
    if (OPERATIONAL.has(path)) {
      request.log.trace(line, "request");
    } else {
      metrics.observeRequest(
        { method: request.method, route: path, status_code: String(reply.statusCode) },
        reply.elapsedTime / 1000,
      );
      request.log.info(line, "request");
    }
    done();
  });
}

async function failing(dependencies: ReadonlyMap<string, () => Promise<unknown>>): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  await Promise.all(
    [...dependencies].map(async ([name, check]) => {
      try {
        await withDeadline(check(), CHECK_MILLISECONDS);
      } catch (error) {
        failures[name] = messageOf(error);
      }
    }),
  );
  return failures;
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof RequestError) {
    if (error.statusCode === 503) {
      request.log.warn({ reason: messageOf(error.cause) }, error.message);
      reply.header("retry-after", "1");
    }
    return reply.code(error.statusCode).send(toBody(error.code, error.message));
  }
  // Fastify's own: a body that is too large, no JSON, or against the route's schema.
  const { statusCode, code, message } = error as Partial<FastifyError>;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return reply.code(statusCode).send(toBody(code ?? "bad_request", message ?? "The request is not valid."));
  }
  request.log.error({ err: error }, "request failed");
  return reply.code(500).send(toBody("internal", "Something went wrong here."));
}

const JSON_FAILURES: FailureAnswers = {
  error: answerError,
  notFound: (_, reply) => reply.code(404).send(toBody("not_found", "There is nothing at this address.")),
};

function requestId(given: string | string[] | undefined): string {
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

function serveMetrics({ registry }: Metrics): Server {
  return createHttpServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}
