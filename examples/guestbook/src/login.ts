import type { Redis } from "ioredis";
import { RequestError } from "./failures.ts";
import { verifyPassword } from "./passwords.ts";
import type { Database } from "./postgres.ts";
import { onRedis } from "./redis.ts";

/** What a user logs in with. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const TRIES = 10;
const WINDOW_SECONDS = 60;

/** Creates the check of user names and passwords. It counts tries in Redis, so that all pods count together. */
export function createLogin(database: Database, redis: Redis): (credentials: Credentials) => Promise<string> {
  return async ({ username, password }) => {
    const name = username.toLowerCase();
    const tries = await onRedis(async () => {
      const key = `guestbook:login-tries:${name}`;
      const count = await redis.incr(key);
      if (count === 1) await redis.expire(key, WINDOW_SECONDS);
      return count;
    });
    if (tries > TRIES) {
      throw new RequestError(429, "too_many_tries", `Too many tries for this user. Try again in ${WINDOW_SECONDS} s.`);
    }
    const [user] = await database.query<{ password_hash: string }>("SELECT password_hash FROM users WHERE name = $1", [
      name,
    ]);
    if (!(await verifyPassword(password, user?.password_hash))) {
      throw new RequestError(401, "wrong_credentials", "User name or password is wrong.");
    }
    return name;
  };
}
