import { randomUUID } from "node:crypto";
import { RequestError } from "./failures.ts";
import { createRoleServer } from "./server.ts";
import { commonSettings, required, type Environment } from "./settings.ts";
import { deriveKey, podOf, signToken, type PublicKey } from "./tokens.ts";

/** How long a session lasts. */
export const SESSION_SECONDS = 8 * 60 * 60;

/** What POST /token answers. */
export interface IssuedToken {
  readonly session: string;
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/**
 * The auth service: opens sessions and signs tokens for them. It knows no users and calls nobody; who a session belongs
 * to is the backend's to say. Only pods that the network policy admits reach it.
 */
export async function startAuth(env: Environment): Promise<void> {
  const settings = commonSettings(env);
  const seed = required(env, "KEY_SEED");
  const key = deriveKey(seed, settings.podName);
  const server = createRoleServer({ role: "auth", settings });
  const { app } = server;

  app.post("/token", (_, reply) => {
    const now = Math.floor(Date.now() / 1000);
    const session = randomUUID();
    const issued: IssuedToken = {
      session,
      token: signToken(key, session, now, SESSION_SECONDS),
      expiresAt: now + SESSION_SECONDS,
    };
    return reply.code(201).header("cache-control", "no-store").send(issued);
  });

  app.get("/keys", () => ({ keys: [key.publicKey] }));

  // A Service leads to any pod of the set, so each answers for all.
  app.get<{ Params: { kid: string } }>("/keys/:kid", ({ params: { kid } }): PublicKey => {
    const pod = podOf(kid);
    if (pod !== undefined && isSibling(settings.podName, pod)) {
      const { publicKey } = deriveKey(seed, pod);
      if (publicKey.kid === kid) return publicKey;
    }
    throw new RequestError(404, "not_found", "There is no such key.");
  });

  await server.run(() => Promise.resolve());
  app.log.info({ kid: key.kid }, "signing key derived");
}

/** Whether two pods belong to the same StatefulSet: the same name but for the number at its end. */
export function isSibling(own: string, other: string): boolean {
  const stem = (name: string) => name.replace(/-(0|[1-9]\d{0,2})$/, "-");
  return own === other || (own !== stem(own) && other !== stem(other) && stem(own) === stem(other));
}
