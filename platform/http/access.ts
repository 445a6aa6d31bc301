import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Identity, Permission, Reviews } from "../adapters/kubernetes/reviews.ts";
import type { Clock } from "../clock.ts";
import { type Log, reasonOf } from "../log.ts";
import { Allowances } from "./allowances.ts";
import { HttpProblem } from "./problem.ts";
import { demandOwnOrigin } from "./same-origin.ts";
import { sessionToken } from "./session.ts";
import { ShortMemory } from "./short-memory.ts";

/** Who asks for something. */
export interface Caller extends Identity {
  /** Address that the request comes from. */
  readonly address: string;
}

/** What callers do with environments. Who extends, puts to sleep or wakes one has the right to patch it. */
export type Verb = "get" | "list" | "create" | "patch" | "delete" | "approve";

/** What is looked at of a request. */
export type AccessRequest = Pick<FastifyRequest, "headers" | "host" | "ip" | "method">;

/** Arguments of {@link Access}. */
export interface AccessArgs {
  readonly reviews: Pick<Reviews, "identify" | "isAllowed">;
  /** What tokens must have been made for; one of them is enough. */
  readonly audiences: readonly string[];
  /** Requests that each caller has in a minute. */
  readonly requestsPerMinute: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds that answers of the API server count: a token or a right that is taken away still works for that long. */
const KEEP_MS = 10_000;
/** Wrong tokens that one address may try in a minute; each costs the API server a look. */
const WRONG_TOKENS_PER_MINUTE = 30;

/**
 * Who callers are and what they may do, which the cluster knows: the service has no accounts. Where the API server gives no answer,
 * nobody may do anything.
 */
export class Access {
  readonly #args: AccessArgs;
  readonly #identities: ShortMemory<Identity | undefined>;
  readonly #permissions: ShortMemory<boolean>;
  readonly #requests: Allowances;
  readonly #wrongTokens: Allowances;

  constructor(args: AccessArgs) {
    const { clock, requestsPerMinute } = args;
    this.#args = args;
    this.#identities = new ShortMemory(clock, KEEP_MS);
    this.#permissions = new ShortMemory(clock, KEEP_MS);
    this.#requests = new Allowances(clock, requestsPerMinute);
    this.#wrongTokens = new Allowances(clock, WRONG_TOKENS_PER_MINUTE);
  }

  /**
   * Tells who asks: by the bearer token of the request, else by that of the browser's session.
   *
   * @throws HttpProblem where that is nobody, or somebody who asks too often.
   */
  async authenticate(request: AccessRequest): Promise<Caller> {
    const { authorization } = request.headers;
    const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (authorization === undefined) demandOwnOriginOfSession(request);
    const token = authorization === undefined ? sessionToken(request) : bearer;
    return this.identify(request, token ?? "");
  }

  /** Tells whose token it is. @throws HttpProblem as {@link authenticate} does. */
  async identify({ ip: address }: AccessRequest, token: string): Promise<Caller> {
    const identity = /^[!-~]{1,16384}$/.test(token) ? await this.#identityOf(address, token) : undefined;
    if (identity === undefined)
      throw new HttpProblem(
        "unauthenticated",
        `A token is needed that the cluster accepts for ${this.#args.audiences.join(" or ")}, in the header "Authorization: Bearer <token>".`,
        { headers: { "www-authenticate": 'Bearer realm="terrarium"' } },
      );
    demandAllowance(this.#requests.take(identity.name));
    return { ...identity, address };
  }

  /** Whether a caller may do something. @param name of the environment; undefined: with all of them. @throws HttpProblem */
  may(caller: Caller, verb: Verb, name?: string): Promise<boolean> {
    return this.#isAllowed(caller, {
      ...(verb === "approve" ? { verb: "update", subresource: "approve" } : { verb }),
      ...(name === undefined ? {} : { name }),
    });
  }

  /** Whether a caller may read the logs of a namespace's pods, as `kubectl logs` would let them. @throws HttpProblem */
  async mayReadLogs(caller: Caller, namespace: string): Promise<boolean> {
    const pods = { verb: "get", resource: "pods", namespace } as const;
    const allowed = await Promise.all([
      this.#isAllowed(caller, pods),
      this.#isAllowed(caller, { ...pods, subresource: "log" }),
    ]);
    return allowed.every(Boolean);
  }

  /** @throws HttpProblem where a caller may not read the logs of a namespace's pods. */
  async demandLogs(caller: Caller, namespace: string): Promise<void> {
    if (await this.mayReadLogs(caller, namespace)) return;
    throw new HttpProblem(
      "forbidden",
      `${caller.name} may not get pods and pods/log in the namespace ${namespace}. The ClusterRole view gives that right.`,
    );
  }

  #isAllowed(caller: Caller, permission: Permission): Promise<boolean> {
    const { name: user, uid, groups, extra } = caller;
    const key = JSON.stringify([user, uid, groups, extra, permission]);
    return this.#answered(this.#permissions.get(key, () => this.#args.reviews.isAllowed(caller, permission)));
  }

  /** @throws HttpProblem where a caller may not do something. */
  async demand(caller: Caller, verb: Verb, name?: string): Promise<void> {
    if (await this.may(caller, verb, name)) return;
    const what = verb === "approve" ? "update environments/approve" : `${verb} environments`;
    throw new HttpProblem(
      "forbidden",
      `${caller.name} may not ${what}${name === undefined ? "" : ` (${name})`}. A Role or ClusterRole of the cluster gives that right.`,
    );
  }

  async #identityOf(address: string, token: string): Promise<Identity | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const isNew = !this.#identities.has(key);
    if (isNew) demandAllowance(this.#wrongTokens.wait(address));
    const { reviews, audiences } = this.#args;
    const identity = await this.#answered(this.#identities.get(key, () => reviews.identify(token, audiences)));
    if (isNew && identity === undefined) this.#wrongTokens.take(address);
    return identity;
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#args.log.warn("the API server did not tell who a caller is or what they may do", {
        reason: reasonOf(error),
      });
      throw new HttpProblem("unavailable", "The cluster does not tell who you are and what you may do.", {
        headers: { "retry-after": "5" },
      });
    }
  }
}

/** A browser sends its session along with what a page of any site asks for, where it is too old to know better. */
function demandOwnOriginOfSession(request: AccessRequest): void {
  if (sessionToken(request) !== undefined) demandOwnOrigin(request);
}

function demandAllowance(waitSeconds: number): void {
  if (waitSeconds > 0)
    throw new HttpProblem("too-many-requests", `There were too many; the next may come in ${waitSeconds} s.`, {
      headers: { "retry-after": String(waitSeconds) },
    });
}
