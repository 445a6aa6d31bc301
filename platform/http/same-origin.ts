import type { FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

type OriginRequest = Pick<FastifyRequest, "headers" | "host" | "method">;

/** Where a request comes from, as far as browsers tell; they can't be made to lie by a page. */
export type RequestOrigin = "same" | "foreign" | "untold";

/**
 * Tells requests of the service's own pages from those that pages of somebody else have a browser send. Programs tell nothing.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
 */
export function originOf({ headers, host }: Omit<OriginRequest, "method">): RequestOrigin {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" ? "same" : "foreign";
  const { origin } = headers;
  if (origin === undefined) return "untold";
  return URL.canParse(origin) && new URL(origin).host === host ? "same" : "foreign";
}

/** Refuses what changes something and comes from a page of somebody else, whose browser adds the caller's credentials. @throws HttpProblem */
export function refuseForeignOrigin(request: OriginRequest): void {
  if (!SAFE_METHODS.includes(request.method) && originOf(request) === "foreign")
    throw new HttpProblem("forbidden", "A page of another site asks for this; only the service's own pages may.");
}

/** Refuses what changes something unless it is told to come from the service's own pages. @throws HttpProblem */
export function demandOwnOrigin(request: OriginRequest): void {
  if (!SAFE_METHODS.includes(request.method) && originOf(request) !== "same")
    throw new HttpProblem("forbidden", "The browser does not tell which page asks for this. Use another, or a token.");
}
