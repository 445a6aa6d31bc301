import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { EnvironmentRoute, PreviewEnvironment } from "../../spec/index.ts";
import { type Log, reasonOf } from "../log.ts";
import { type EnvironmentOfHost, type Place, routeOf } from "./addresses.ts";
import { answer, isForPeople } from "./answers.ts";
import type { ActivatorMetrics } from "./metrics.ts";
import { NO_ENVIRONMENT, NO_ROUTE, notUp, unreachable } from "./notices.ts";
import { passOn, passUpgradeOn } from "./pass-on.ts";
import { readinessOf } from "./readiness.ts";
import type { RequestTimes } from "./request-times.ts";
import { connectTo, UnreachableError } from "./upstream.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** Arguments of {@link createActivator}. */
export interface ActivatorArgs {
  readonly environmentOf: EnvironmentOfHost;
  /** The environment as it is now. */
  readonly get: (name: string) => PreviewEnvironment | undefined;
  /** Where a route's service listens. */
  readonly placeOf: (environment: PreviewEnvironment, route: EnvironmentRoute) => Place;
  readonly times: Pick<RequestTimes, "note">;
  readonly room: WaitingRoom;
  readonly metrics: Pick<ActivatorMetrics, "count" | "held">;
  readonly log: Log;
  /** How long requests wait for their environment, in milliseconds: those of browsers until a page says so, and others. */
  readonly patience: () => { readonly pageMs: number; readonly holdMs: number };
}

/** Milliseconds that headers may take, and that a connection may be quiet between two requests. */
const [HEADERS_MS, KEEP_ALIVE_MS] = [15_000, 75_000];
/** Most connections at a time. */
const MOST_CONNECTIONS = 5_000;

/**
 * The server in front of environments: it passes requests on to the services that they are for, tells when they come, and holds
 * those for an environment that is not up until it is. It reads no request and no answer, and keeps none.
 */
export function createActivator(args: ActivatorArgs): Server {
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("request", (request, response) => void handle(args, request, response));
  server.on("upgrade", (request, client, head) => void upgrade(args, request, client, head));
  return server;
}

async function handle(args: ActivatorArgs, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { times, room, metrics, patience, get } = args;
  const environment = find(args, request);
  if (environment === undefined) {
    metrics.count("unknown");
    answer(request, response, NO_ENVIRONMENT);
    return;
  }
  const { name } = environment.metadata;
  const left = new AbortController();
  response.once("close", () => left.abort());
  times.note(environment);

  const begun = performance.now();
  const { pageMs, holdMs } = patience();
  const arrival = await room.until(name, isForPeople(request) ? pageMs : holdMs, left.signal);
  if (arrival === "left") {
    metrics.count("left");
    return;
  }
  if (arrival !== "up") {
    metrics.count("not-up");
    answer(request, response, notUp(get(name) ?? environment, arrival));
    return;
  }
  const current = get(name) ?? environment;
  const route = routeOf(request.url ?? "/", current.status?.routes ?? []);
  if (route === undefined) {
    metrics.count("unknown");
    answer(request, response, NO_ROUTE);
    return;
  }
  try {
    const socket = await connectTo(args.placeOf(current, route), left.signal);
    metrics.held((performance.now() - begun) / 1000);
    await passOn(request, response, socket);
    metrics.count("passed-on");
  } catch (error) {
    const isLeft = left.signal.aborted;
    metrics.count(isLeft ? "left" : "unreachable");
    if (isLeft) return;
    args.log.warn("a request could not be passed on", { environment: name, reason: reasonOf(error) });
    if (response.headersSent) response.destroy();
    else answer(request, response, unreachable(name));
  }
}

/**
 * Passes a websocket on. It neither wakes an environment nor waits for one: pages that were left open try again and again, and
 * nothing would ever sleep.
 */
async function upgrade(args: ActivatorArgs, request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
  client.on("error", () => client.destroy());
  const environment = find(args, request);
  const route = environment && routeOf(request.url ?? "/", environment.status?.routes ?? []);
  if (environment === undefined || route === undefined) {
    args.metrics.count("unknown");
    client.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return;
  }
  const isUp = readinessOf(environment) === "up";
  const left = new AbortController();
  client.once("close", () => left.abort());
  try {
    if (!isUp) throw new UnreachableError("it is not up");
    args.times.note(environment);
    const socket = await connectTo(args.placeOf(environment, route), left.signal);
    args.metrics.count("passed-on");
    await passUpgradeOn(request, client, head, socket);
  } catch {
    args.metrics.count(isUp ? "unreachable" : "not-up");
    client.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 3\r\nConnection: close\r\n\r\n");
  }
}

function find({ environmentOf, get }: ActivatorArgs, { headers }: IncomingMessage): PreviewEnvironment | undefined {
  const name = environmentOf(headers.host);
  return name === undefined ? undefined : get(name);
}
