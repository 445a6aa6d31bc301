import type { FastifyReply, FastifyRequest } from "fastify";
import type { IssuedToken } from "./auth.ts";
import { createSeal, type PageSession, type Seal } from "./cookie.ts";
import type { Entry } from "./entries.ts";
import { messageOf, RequestError } from "./failures.ts";
import type { Html } from "./html.ts";
import { guestbookPage, messagePage, STYLE } from "./pages.ts";
import { callPeer, type PeerAnswer, type PeerRequest } from "./peer.ts";
import { createRoleServer, type FailureAnswers } from "./server.ts";
import { commonSettings, required, type Environment } from "./settings.ts";

const CONTENT_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const NOTICES: Readonly<Record<string, string>> = {
  signed: "Thank you. Your entry appears here once it has been checked.",
  "logged-in": "You are logged in.",
  "logged-out": "You are logged out.",
};

type Form = Readonly<Record<string, string>>;

/** The pages: server-rendered, without scripts, on the backend's API and the auth service's sessions. */
export async function startPages(env: Environment): Promise<void> {
  const settings = commonSettings(env);
  const seal = createSeal(required(env, "SESSION_SECRET"));
  const urls = { backend: required(env, "GUESTBOOK_BACKEND_URL"), auth: required(env, "GUESTBOOK_AUTH_URL") };
  const server = createRoleServer({ role: "mf", settings, failures: PAGE_FAILURES });
  const { app } = server;
  // Once is enough: a page that says that the backend is away is better than none.
  for (const [name, url] of Object.entries(urls))
    server.dependOn(
      `guestbook-${name}`,
      once(() => callPeer({ name, url, path: "/health" })),
    );

  const backend = (
    request: FastifyRequest,
    call: Omit<PeerRequest, "name" | "url" | "requestId">,
  ): Promise<PeerAnswer> => callPeer({ name: "guestbook-backend", url: urls.backend, requestId: request.id, ...call });
  const openSession = async (request: FastifyRequest, reply: FastifyReply): Promise<PageSession> => {
    const peer = { name: "guestbook-auth", url: urls.auth, requestId: request.id };
    const issued = (await callPeer({ ...peer, path: "/token", method: "POST" })).body as IssuedToken;
    const session: PageSession = { session: issued.session, token: issued.token, expiresAt: issued.expiresAt };
    reply.header("set-cookie", seal.toCookie(session, request.headers["x-forwarded-proto"] === "https"));
    return session;
  };

  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.addHook("onRequest", (_, reply, done) => {
    reply.headers({
      "content-security-policy": CONTENT_POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    });
    done();
  });
  app.get("/style.css", (_, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "max-age=3600").send(STYLE),
  );

  app.get<{ Querystring: { q?: string | string[]; notice?: string | string[] } }>("/", async (request, reply) => {
    const search = [request.query.q].flat()[0]?.trim().slice(0, 200);
    const path = search ? `/api/entries/similar?${new URLSearchParams({ q: search }).toString()}` : "/api/entries";
    const known = seal.fromCookies(request.headers.cookie);
    const [{ body }, account] = await Promise.all([
      backend(request, { path }),
      known && backend(request, { path: "/api/session", token: known.token }),
    ]);
    const session = known && account?.status === 200 ? known : await openSession(request, reply);
    const user = account?.status === 200 ? (account.body as { user: string | null }).user : undefined;
    const page = guestbookPage({
      entries: (body as { entries: Entry[] }).entries,
      search,
      user: user ?? undefined,
      formToken: seal.formToken(session),
      notice: NOTICES[[request.query.notice].flat()[0] ?? ""],
    });
    return send(reply, page);
  });

  app.post<{ Body: Form | undefined }>("/entries", async (request, reply) => {
    const { session, form } = ownForm(seal, request);
    const { author, message = "" } = form;
    const answer = await backend(request, {
      path: "/api/entries",
      method: "POST",
      body: { ...(author === undefined ? {} : { author }), message },
      token: session.token,
    });
    expect(answer);
    return reply.redirect("/?notice=signed", 303);
  });

  app.post<{ Body: Form | undefined }>("/login", async (request, reply) => {
    const { form } = ownForm(seal, request);
    // A new session: whoever may have learnt of the one before is not logged in with it.
    const session = await openSession(request, reply);
    const { username = "", password = "" } = form;
    const answer = await backend(request, {
      path: "/api/session/user",
      method: "POST",
      body: { username, password },
      token: session.token,
    });
    expect(answer);
    return reply.redirect("/?notice=logged-in", 303);
  });

  app.post<{ Body: Form | undefined }>("/logout", async (request, reply) => {
    const { session } = ownForm(seal, request);
    expect(await backend(request, { path: "/api/session/user", method: "DELETE", token: session.token }));
    return reply.redirect("/?notice=logged-out", 303);
  });

  await server.run(() => Promise.resolve());
}

/** @throws {@link RequestError} 403 when the form was not part of a page of this visitor's. */
function ownForm(
  seal: Seal,
  request: FastifyRequest<{ Body: Form | undefined }>,
): { session: PageSession; form: Form } {
  const session = seal.fromCookies(request.headers.cookie);
  const form = request.body ?? {};
  if (!session || !seal.isFormToken(session, form["formToken"] ?? "")) {
    throw new RequestError(
      403,
      "foreign_form",
      "This form is out of date. Open the guestbook again and send it once more.",
    );
  }
  return { session, form };
}

/** @throws {@link RequestError} with the backend's own status and message when it has refused. */
function expect({ status, body }: PeerAnswer): void {
  if (status < 400) return;
  const { error } = (body ?? {}) as { error?: { code: string; message: string } };
  throw new RequestError(status, error?.code ?? "refused", error?.message ?? "The guestbook has refused this.");
}

function send(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type("text/html; charset=utf-8").send(page.toString());
}

function answerPage(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode } = error as { statusCode?: number };
  if (statusCode === 503) {
    const cause = error instanceof Error ? error.cause : undefined;
    request.log.warn({ reason: messageOf(cause) }, messageOf(error));
    const page = messagePage("One moment", "The guestbook can't be reached just now. Please try again shortly.");
    return send(reply.code(503).header("retry-after", "1"), page);
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return send(reply.code(statusCode), messagePage("That did not work", messageOf(error)));
  }
  request.log.error({ err: error }, "request failed");
  return send(reply.code(500), messagePage("That did not work", "Something went wrong here."));
}

const PAGE_FAILURES: FailureAnswers = {
  error: answerPage,
  notFound: (_, reply) => send(reply.code(404), messagePage("Not found", "There is nothing at this address.")),
};

function once(work: () => Promise<unknown>): () => Promise<unknown> {
  let succeeded = false;
  return async () => {
    if (succeeded) return;
    await work();
    succeeded = true;
  };
}
