import type { FastifyInstance, FastifyRequest } from "fastify";
import { previewName, repositoryKey } from "../domain/names.ts";
import type { Caller } from "../http/access.ts";
import { lastEventId } from "../http/event-stream.ts";
import { markOf } from "../http/log-lines.ts";
import { logStream } from "../http/log-stream.ts";
import type { Container } from "../http/pod-logs.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Desk } from "./desk.ts";
import { find } from "./page-routes.ts";
import { podPage } from "./pages/pod-page.ts";

interface Named {
  Params: { name: string; pod: string };
  Querystring: Readonly<Record<string, unknown>>;
}

/** Logs of pods, for whom `kubectl logs` would show them. */
export function servePods(app: FastifyInstance, desk: Desk): void {
  const { streams, clock } = desk.context;

  app.get<Named>("/environments/:name/pods/:pod", async (request, reply) => {
    const { caller, names, of, read } = await look(desk, request);
    const { lines, missing } = await read();
    const { name, pod } = request.params;
    const view = { environment: name, pod, names, container: of.container, lines, missing, mark: markOf(lines) };
    return desk.show(request, reply, podPage(view), caller);
  });

  app.get<Named>("/environments/:name/pods/:pod/log", async (request, reply) => {
    const { caller, read } = await look(desk, request);
    const { after } = request.query;
    const seen = lastEventId(request) ?? (typeof after === "string" ? after : undefined);
    return streams.open(
      reply,
      caller,
      logStream(clock, async () => (await read()).lines, seen),
    );
  });
}

/** What is asked for, by whom, and how to read it. @throws HttpProblem where it is not there, or not for them. */
async function look({ context, sources }: Desk, request: FastifyRequest<Named>) {
  const { name, pod } = request.params;
  const caller: Caller = await context.access.authenticate(request);
  const { spec } = await find({ context }, caller, name);
  const namespace = previewName(name);
  await context.access.demandLogs(caller, namespace);
  const { names, main } = await sources.pods.containers(namespace, pod);
  const { container = main } = request.query;
  if (typeof container !== "string" || !names.includes(container))
    throw new HttpProblem("not-found", `The pod ${pod} has no such container. It has ${names.join(", ")}.`);
  const of: Container = { namespace, pod, container };
  const read = () => {
    const repository = context.settings().domain.repositories[repositoryKey(spec.source.repository)];
    return sources.pods.log(of, repository?.secretFiles ?? {});
  };
  return { caller, names, of, read };
}
