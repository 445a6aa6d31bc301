import type { FastifyReply, FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";

/** Seconds that a browser keeps a session; its token may end earlier. */
const KEPT_SECONDS = 12 * 60 * 60;
/** Most characters of a token in a cookie: browsers drop longer ones without a word. */
const MOST_CHARACTERS = 3_800;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

type Named = Pick<FastifyRequest, "headers" | "host">;

/**
 * The token that a browser's session is: a cookie, which pages can't read and which no other site's page has sent along. The
 * service keeps nothing: a token that ends or is revoked ends its sessions, and every replica knows them.
 */
export function sessionToken(request: Named): string | undefined {
  const { name } = cookieFor(request);
  const cookies = request.headers.cookie?.split(";").map((each) => each.trim()) ?? [];
  return cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Opens a session with a token that was found good. @throws HttpProblem where a cookie can't hold it. */
export function openSession(request: Named, reply: FastifyReply, token: string): void {
  if (token.length > MOST_CHARACTERS || !/^[\w.~+/=-]+$/.test(token))
    throw new HttpProblem(
      "invalid",
      "A browser can't keep this token. Use another one, or a proxy that authenticates.",
    );
  setCookie(request, reply, token, KEPT_SECONDS);
}

/** Ends the session, where there is one. */
export function closeSession(request: Named, reply: FastifyReply): void {
  setCookie(request, reply, "", 0);
}

function setCookie(request: Named, reply: FastifyReply, value: string, seconds: number): void {
  const { name, isSecure } = cookieFor(request);
  const attributes = ["Path=/", "HttpOnly", "SameSite=Strict", `Max-Age=${seconds}`, ...(isSecure ? ["Secure"] : [])];
  void reply.header("set-cookie", [`${name}=${value}`, ...attributes].join("; "));
}

/** Only what never leaves the machine goes without encryption. */
function cookieFor({ host }: Named): { readonly name: string; readonly isSecure: boolean } {
  const isSecure = !LOOPBACK.test(host);
  return { name: isSecure ? "__Host-terrarium-token" : "terrarium-token", isSecure };
}
