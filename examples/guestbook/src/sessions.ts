import { createPublicKey, type KeyObject } from "node:crypto";
import type { Redis } from "ioredis";
import { SESSION_SECONDS, type IssuedToken } from "./auth.ts";
import { RequestError } from "./failures.ts";
import { callPeer } from "./peer.ts";
import { KEYS, onRedis } from "./redis.ts";
import { kidOf, verifyToken } from "./tokens.ts";

/** Who sends a request. */
export interface Caller {
  readonly session: string;
  /** Name of the user that is logged in; undefined for a guest. */
  readonly user: string | undefined;
}

/** Sessions as the backend sees them: the auth service's tokens, and in Redis who is logged in. */
export interface Sessions {
  /** Opens a session at the auth service. */
  readonly open: (requestId: string) => Promise<IssuedToken>;
  /** The caller whom an Authorization header names. @throws {@link RequestError} 401 for any other header. */
  readonly authenticate: (authorization: string | undefined, requestId: string) => Promise<Caller>;
  readonly logIn: (session: string, user: string) => Promise<void>;
  readonly logOut: (session: string) => Promise<void>;
}

const KEY_MILLISECONDS = 10 * 60 * 1000;
const MOST_KEYS = 100;

/** @param authUrl address of the auth service. */
export function createSessions(authUrl: string, redis: Redis): Sessions {
  const keys = new Map<string, { readonly key: KeyObject; readonly until: number }>();

  const publicKey = async (kid: string, requestId: string): Promise<KeyObject | undefined> => {
    const known = keys.get(kid);
    if (known && known.until > Date.now()) return known.key;
    const answer = await callPeer({
      name: "guestbook-auth",
      url: authUrl,
      path: `/keys/${encodeURIComponent(kid)}`,
      requestId,
    });
    if (answer.status === 404) return undefined;
    const { kty, crv, x } = answer.body as { kty: string; crv: string; x: string };
    const key = createPublicKey({ key: { kty, crv, x }, format: "jwk" });
    if (keys.size >= MOST_KEYS) keys.clear();
    keys.set(kid, { key, until: Date.now() + KEY_MILLISECONDS });
    return key;
  };

  return {
    open: async (requestId) => {
      const answer = await callPeer({
        name: "guestbook-auth",
        url: authUrl,
        path: "/token",
        method: "POST",
        requestId,
      });
      return answer.body as IssuedToken;
    },
    authenticate: async (authorization, requestId) => {
      const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? "")?.[1];
      const kid = token === undefined ? undefined : kidOf(token);
      const key = kid === undefined ? undefined : await publicKey(kid, requestId);
      const claims = token && key ? verifyToken(token, key, Math.floor(Date.now() / 1000)) : undefined;
      if (!claims) throw new RequestError(401, "unauthenticated", "A valid bearer token is needed: POST /api/session.");
      const user = await onRedis(() => redis.get(KEYS.session(claims.sub)));
      return { session: claims.sub, user: user ?? undefined };
    },
    logIn: async (session, user) => {
      await onRedis(() => redis.set(KEYS.session(session), user, "EX", SESSION_SECONDS));
    },
    logOut: async (session) => {
      await onRedis(() => redis.del(KEYS.session(session)));
    },
  };
}
