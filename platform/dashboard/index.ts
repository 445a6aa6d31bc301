import type { FastifyError } from "fastify";
import { acceptForms } from "../http/bodies.ts";
import type { HttpContext } from "../http/context.ts";
import { PROBLEMS, toHttpProblem } from "../http/problem.ts";
import type { HttpPlugin } from "../http/server.ts";
import { reasonOf } from "../log.ts";
import { readAssets } from "./assets.ts";
import { type DashboardSources, Desk } from "./desk.ts";
import { serveForms } from "./form-routes.ts";
import { ASSET_HEADERS } from "./headers.ts";
import { serveChanges } from "./live-routes.ts";
import { servePages } from "./page-routes.ts";
import { servePods } from "./pod-routes.ts";
import { problemPage } from "./pages/single-pages.ts";
import { serveSessions } from "./session-routes.ts";

/** The pages for people: written here, readable and operable without a script, live with one. */
export function dashboard(context: HttpContext, sources: DashboardSources): HttpPlugin {
  return (app) => {
    const { files, addresses } = readAssets();
    const desk = new Desk(context, sources, addresses);
    acceptForms(app);
    app.setErrorHandler<FastifyError>((error, request, reply) => {
      const problem = toHttpProblem(error);
      const { method, url, routeOptions } = request;
      if (problem.status === 500)
        context.log.error("a page failed", { method, route: routeOptions.url, reason: reasonOf(error) });
      if (problem.code === "unauthenticated" && method === "GET")
        return reply.redirect(`/sign-in?to=${encodeURIComponent(url)}`, 303);
      const { title } = PROBLEMS[problem.code];
      return desk.show(
        request,
        reply.code(problem.status).headers(problem.headers),
        problemPage(title, problem.message),
      );
    });
    for (const { address, type, content } of files)
      app.get(address, (_request, reply) => reply.headers(ASSET_HEADERS).type(type).send(content));
    servePages(app, desk);
    servePods(app, desk);
    serveForms(app, desk);
    serveSessions(app, desk);
    serveChanges(app, desk);
  };
}
