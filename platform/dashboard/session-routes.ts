import type { FastifyInstance } from "fastify";
import { HttpProblem } from "../http/problem.ts";
import { closeSession, openSession } from "../http/session.ts";
import type { Desk } from "./desk.ts";
import { signInPage } from "./pages/single-pages.ts";

/** How somebody comes in, and out again. */
export function serveSessions(app: FastifyInstance, desk: Desk): void {
  const { access, settings } = desk.context;
  const command = (): string => {
    const { namespace, http } = settings().config;
    return `kubectl create token <service account> -n ${namespace} --audience=${http.audiences[0] ?? ""}`;
  };

  app.get<{ Querystring: { to?: string } }>("/sign-in", (request, reply) =>
    desk.show(request, reply, signInPage(ownPath(request.query.to), command())),
  );

  app.post<{ Body: Readonly<Record<string, unknown>> | undefined }>("/session", async (request, reply) => {
    const { token, to } = request.body ?? {};
    const next = ownPath(to);
    try {
      const given = typeof token === "string" ? token.trim() : "";
      await access.identify(request, given);
      openSession(request, reply, given);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      return desk.show(request, reply.code(error.status), signInPage(next, command(), error.message));
    }
    return reply.redirect(next, 303);
  });

  app.post("/session/end", (request, reply) => {
    closeSession(request, reply);
    return reply.redirect("/sign-in", 303);
  });
}

/** A path of this service; "/" in place of whatever leads elsewhere. */
export function ownPath(to: unknown): string {
  const base = "http://service";
  if (typeof to !== "string" || !to.startsWith("/") || !URL.canParse(to, base)) return "/";
  const { origin, pathname, search } = new URL(to, base);
  return origin === base && !pathname.startsWith("//") ? pathname + search : "/";
}
