import type { FastifyInstance } from "fastify";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { previewName } from "../domain/names.ts";
import type { Caller } from "../http/access.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Desk } from "./desk.ts";
import { viewEnvironment, type EnvironmentFacts, type Rights } from "./environment-view.ts";
import { viewLeftovers } from "./leftovers-view.ts";
import { readListQuery } from "./list-query.ts";
import { viewList } from "./list-view.ts";
import { environmentPage } from "./pages/environment-page.ts";
import { leftoversPage } from "./pages/leftovers-page.ts";
import { listPage } from "./pages/list-page.ts";
import { queuePage } from "./pages/queue-page.ts";
import { deletePage } from "./pages/single-pages.ts";
import { viewQueue } from "./queue-view.ts";

/** Newest events that a page shows. */
const MOST_EVENTS = 30;

interface Named {
  Params: { name: string };
}

/** The pages. */
export function servePages(app: FastifyInstance, desk: Desk): void {
  const { access, settings } = desk.context;

  app.get<{ Querystring: Record<string, unknown> }>("/", async (request, reply) => {
    const caller = await access.authenticate(request);
    await access.demand(caller, "list");
    const view = viewList(listed(desk), readListQuery(request.query), desk.view);
    return desk.show(request, reply, listPage(view), caller);
  });

  app.get("/queue", async (request, reply) => {
    const caller = await access.authenticate(request);
    await access.demand(caller, "list");
    const { domain, config } = settings();
    const view = viewQueue(listed(desk), domain, { now: desk.view.now, operations: config.operations });
    return desk.show(request, reply, queuePage(view), caller);
  });

  app.get("/leftovers", async (request, reply) => {
    const caller = await access.authenticate(request);
    await access.demand(caller, "list");
    const facts = { ...(await desk.sources.leftovers()), settings: settings().garbage };
    return desk.show(request, reply, leftoversPage(viewLeftovers(facts, desk.view.now)), caller);
  });

  app.get<Named>("/environments/:name", async (request, reply) => {
    const caller = await access.authenticate(request);
    const environment = await find(desk, caller, request.params.name);
    const [facts, rights] = await Promise.all([lookUp(desk, environment), rightsOf(desk, caller, environment)]);
    const view = viewEnvironment(environment, facts, rights, { ...desk.view, settings: settings() });
    return desk.show(request, reply, environmentPage(view), caller);
  });

  app.get<Named>("/environments/:name/delete", async (request, reply) => {
    const caller = await access.authenticate(request);
    const environment = await find(desk, caller, request.params.name);
    await access.demand(caller, "delete", environment.metadata.name);
    const stores = desk.view.estimates.partsOf(environment).filter(({ kind }) => kind === "data store");
    const lost = { stores: stores.map(({ name }) => name), url: environment.status?.url };
    return desk.show(request, reply, deletePage(environment.metadata.name, lost), caller);
  });
}

/** All environments. @throws HttpProblem where not all are known yet: a part would be taken for the whole. */
function listed({ context: { environments } }: Desk): readonly PreviewEnvironment[] {
  if (!environments.synced)
    throw new HttpProblem("unavailable", "The environments are not listed yet. Try again soon.");
  return environments.list();
}

/** An environment that somebody may see. @throws HttpProblem */
export async function find(
  { context: { access, environments } }: Pick<Desk, "context">,
  caller: Caller,
  name: string,
): Promise<PreviewEnvironment> {
  await access.demand(caller, "get", name);
  const environment = environments.get(name) ?? (await environments.read(name));
  if (environment) return environment;
  throw new HttpProblem("not-found", `There is no environment ${name}. It may have been deleted.`);
}

async function lookUp(
  { context: { records }, sources }: Desk,
  environment: PreviewEnvironment,
): Promise<EnvironmentFacts> {
  const { name } = environment.metadata;
  const [lines, events, workloads] = await Promise.all([
    records.log(name),
    records.events(name),
    sources.workloads(previewName(name)),
  ]);
  return {
    log: (lines ?? []).map((line) => `${line}\n`).join(""),
    events: events
      .toReversed()
      .slice(0, MOST_EVENTS)
      .map(({ type, reason, message, count = 1, lastTimestamp: at }) => ({ type, reason, message, count, at })),
    workloads,
  };
}

async function rightsOf(
  { context: { access } }: Desk,
  caller: Caller,
  { metadata }: PreviewEnvironment,
): Promise<Rights> {
  const [patch, approve, remove, logs] = await Promise.all([
    access.may(caller, "patch", metadata.name),
    access.may(caller, "approve", metadata.name),
    access.may(caller, "delete", metadata.name),
    access.mayReadLogs(caller, previewName(metadata.name)),
  ]);
  return { patch, approve, delete: remove, logs };
}
