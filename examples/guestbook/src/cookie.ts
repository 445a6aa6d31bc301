import { createHmac, timingSafeEqual } from "node:crypto";

/** What the pages keep in the visitor's browser. */
export interface PageSession {
  readonly session: string;
  /** The auth service's token for it. */
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

const NAME = "guestbook_session";

/** Signs and reads the session cookie, and the tokens that prove a form to be ours. */
export interface Seal {
  /** A Set-Cookie header. @param secure whether the visitor came by HTTPS. */
  readonly toCookie: (session: PageSession, secure: boolean) => string;
  /** The session of a Cookie header; undefined when there is none, or it was tampered with or has expired. */
  readonly fromCookies: (header: string | undefined) => PageSession | undefined;
  /** What the session's forms must carry, so that other sites' forms are refused. */
  readonly formToken: (session: PageSession) => string;
  readonly isFormToken: (session: PageSession, given: string) => boolean;
}

/** @param secret key of every signature; all pods have the same. */
export function createSeal(secret: string): Seal {
  // The purpose goes into the signature, so that a form's token never passes for a cookie's.
  const sign = (purpose: string, text: string) =>
    createHmac("sha256", secret).update(`${purpose}\0${text}`).digest("base64url");
  const formToken = (session: PageSession) => sign("form", session.session);
  return {
    toCookie: (session, secure) => {
      const value = Buffer.from(JSON.stringify(session)).toString("base64url");
      const maxAge = Math.max(0, session.expiresAt - Math.floor(Date.now() / 1000));
      const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}${secure ? "; Secure" : ""}`;
      return `${NAME}=${value}.${sign("cookie", value)}; ${attributes}`;
    },
    fromCookies: (header) => {
      const [value = "", signature = ""] = (cookie(header) ?? "").split(".");
      if (!isSame(signature, sign("cookie", value))) return undefined;
      const session = JSON.parse(Buffer.from(value, "base64url").toString()) as PageSession;
      return session.expiresAt > Date.now() / 1000 ? session : undefined;
    },
    formToken,
    isFormToken: (session, given) => isSame(given, formToken(session)),
  };
}

function cookie(header: string | undefined): string | undefined {
  return header
    ?.split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${NAME}=`))
    ?.slice(NAME.length + 1);
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
