import type { FastifyReply, FastifyRequest } from "fastify";
import { extensionPatch, type PreviewEnvironment, sleepPatch, toMilliseconds, wakePatch } from "../../spec/index.ts";
import type { Caller, Verb } from "../http/access.ts";
import { approvalPatch } from "../http/approval-patch.ts";
import type { HttpContext } from "../http/context.ts";
import { lastEventId } from "../http/event-stream.ts";
import { logStream } from "../http/log-stream.ts";
import { HttpProblem } from "../http/problem.ts";
import type { HttpPlugin } from "../http/server.ts";
import { readBody, readQuery } from "./input.ts";
import { pageOf } from "./list.ts";
import { openApiDocument } from "./openapi.ts";
import { API_PATH, type Route, type RouteId, ROUTES } from "./routes.ts";
import { approvalSchema, createQuerySchema, extensionSchema, listQuerySchema, manifestSchema } from "./schemas.ts";
import { eventStream } from "./streams.ts";

/** What a route is asked for. */
interface Call {
  readonly caller: Caller;
  /** Of the environment; "" where the route has none. */
  readonly name: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The REST API below /api/v1. */
export function restApi(context: HttpContext): HttpPlugin {
  const handlers = createHandlers(context);
  const callers = new WeakMap<FastifyRequest, Caller>();
  return (app) => {
    app.get(`${API_PATH}/openapi.json`, () => openApiDocument());
    for (const [id, route] of Object.entries<Route>(ROUTES))
      app.route<{ Params: { name?: string } }>({
        method: route.method,
        url: `${API_PATH}${route.path}`,
        // Nothing is read of what nobody who is known has sent.
        onRequest: async (request) => {
          callers.set(request, await context.access.authenticate(request));
          if (!context.environments.synced)
            throw new HttpProblem("unavailable", "The environments are not listed yet.");
        },
        handler: async (request, reply) => {
          const caller = callers.get(request);
          if (caller === undefined) throw new Error("the caller is known before a handler runs");
          const { name = "" } = request.params;
          void reply.code(route.status);
          return handlers[id as RouteId]({ caller, name, request, reply });
        },
      });
  };
}

function createHandlers(context: HttpContext): Readonly<Record<RouteId, (call: Call) => unknown>> {
  const { access, environments, mutations, records, streams, clock } = context;
  const find = async (name: string): Promise<PreviewEnvironment> => {
    const found = environments.get(name) ?? (await environments.read(name));
    if (found === undefined) throw new HttpProblem("not-found", `There is no environment ${name}.`);
    return found;
  };
  /** What the route shows, to whom may see it. */
  const show = async ({ caller, name }: Call, verb: Verb = "get"): Promise<PreviewEnvironment> => {
    await access.demand(caller, verb, name);
    return find(name);
  };
  return {
    async listEnvironments({ caller, request }) {
      const query = readQuery(listQuerySchema, request.query);
      await access.demand(caller, "list");
      return pageOf(environments.list(), query);
    },
    createEnvironment({ caller, request }) {
      const { dryRun } = readQuery(createQuerySchema, request.query);
      readBody(manifestSchema, request.body);
      // As it was sent: the API server fills in defaults itself.
      return mutations.create(caller, request.body as Parameters<typeof mutations.create>[1], dryRun);
    },
    getEnvironment: (call) => show(call),
    deleteEnvironment: ({ caller, name }) => mutations.delete(caller, name),
    extendEnvironment({ caller, name, request }) {
      const byMs = toMilliseconds(readBody(extensionSchema, request.body).by);
      return mutations.change(caller, "extend", name, (environment) => extensionPatch(environment, byMs, clock.now()));
    },
    putEnvironmentToSleep: ({ caller, name }) =>
      mutations.change(caller, "sleep", name, (environment) => sleepPatch(environment, clock.now())),
    wakeEnvironment: ({ caller, name }) =>
      mutations.change(caller, "wake", name, (environment) => wakePatch(environment, clock.now())),
    approveEnvironment({ caller, name, request }) {
      const { commit } = readBody(approvalSchema, request.body);
      return mutations.change(caller, "approve", name, (environment) =>
        approvalPatch(environment, commit, caller.name),
      );
    },
    async getDiff(call) {
      const { status } = await show(call);
      if (status?.diff === undefined) throw new HttpProblem("not-found", `${call.name} had no update yet.`);
      return status.diff;
    },
    async getLog(call) {
      await show(call);
      const read = async () => (await records.log(call.name)) ?? [];
      if (wantsStream(call.request))
        return streams.open(call.reply, call.caller, logStream(context.clock, read, lastEventId(call.request)));
      return { lines: await read() };
    },
    async getEvents(call) {
      await show(call);
      if (wantsStream(call.request))
        return streams.open(call.reply, call.caller, eventStream(context, call.name, lastEventId(call.request)));
      return { items: await records.events(call.name) };
    },
  };
}

/** Whether a stream is asked for rather than what there is now. @throws HttpProblem where it is neither. */
function wantsStream({ headers }: FastifyRequest): boolean {
  const accepted = (headers.accept ?? "*/*").toLowerCase();
  if (accepted.includes("text/event-stream")) return true;
  if (/\*\/\*|application\/(\*|json)/.test(accepted)) return false;
  throw new HttpProblem("not-acceptable", "It is served as application/json and as text/event-stream.");
}
