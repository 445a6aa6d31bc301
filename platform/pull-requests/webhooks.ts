import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import { keepRawBodies } from "../http/bodies.ts";
import type { WebhookResult } from "../http/metrics.ts";
import { HttpProblem } from "../http/problem.ts";
import type { HttpPlugin } from "../http/server.ts";
import { type Log, reasonOf } from "../log.ts";

/** Arguments of {@link gitHubWebhooks}. */
export interface WebhookArgs {
  /** Reads the secret that webhooks are signed with. @default every webhook is refused */
  readonly secret?: (() => Promise<string>) | undefined;
  /** Looks at a pull request soon. @returns whether the configuration knows its repository. */
  readonly look: (repository: string, number: number) => boolean;
  /** Told of each webhook that is answered. */
  readonly answered: (result: WebhookResult) => void;
  readonly log: Log;
}

/** Most bytes of a webhook. GitHub's may be larger; of what is not taken, polling hears. */
const BODY_LIMIT = 1024 * 1024;
/** Deliveries that are remembered. A restart forgets them, which does no harm: a webhook only says where to look. */
const REMEMBERED = 10_000;

/** What of GitHub's events counts, and where they have the number of the pull request. */
interface Payload {
  readonly repository?: { readonly full_name?: unknown };
  readonly pull_request?: { readonly number?: unknown };
  readonly issue?: { readonly number?: unknown; readonly pull_request?: unknown };
}

/**
 * Takes GitHub's webhooks at /webhooks/github. A webhook says that a pull request is worth a look, and nothing of what it says
 * about it is believed. It is signed over the bytes that came, or it is refused.
 */
export function gitHubWebhooks({ secret, look, answered, log }: WebhookArgs): HttpPlugin {
  const deliveries = new Set<string>();
  return (app) => {
    keepRawBodies(app, BODY_LIMIT);
    app.addHook("onResponse", (_request, { statusCode }, done) => {
      if (statusCode >= 400) answered(statusCode < 500 ? "refused" : "failed");
      done();
    });
    const answer = (reply: FastifyReply, code: number, result: WebhookResult): FastifyReply => {
      answered(result);
      return reply.code(code).send({ result });
    };
    app.post("/webhooks/github", async (request, reply) => {
      const { headers, body } = request;
      if (headers["content-type"]?.split(";")[0]?.trim().toLowerCase() !== "application/json")
        throw new HttpProblem("unsupported-media-type", "Webhooks are read as application/json.");
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      demandSignature(headers, bytes, await readSecret(secret, log));
      const delivery = deliveryOf(headers);
      const payload = parse(bytes);
      if (deliveries.has(delivery)) return answer(reply, 200, "known");
      remember(deliveries, delivery);
      const found = pullRequestIn(headers["x-github-event"], payload);
      const isTaken = found !== undefined && look(found.repository, found.number);
      return answer(reply, 202, isTaken ? "taken" : "ignored");
    });
  };
}

async function readSecret(secret: WebhookArgs["secret"], log: Log): Promise<string> {
  const found = await secret?.().catch((error: unknown) => {
    log.error("the secret of webhooks can't be read; all are refused", { reason: reasonOf(error) });
  });
  if (found) return found;
  throw new HttpProblem("unavailable", "The service has no secret to check webhooks with, and takes none.");
}

/** @throws HttpProblem where the bytes are not signed with the secret. Takes as long for a wrong signature as for a right one. */
function demandSignature(headers: IncomingHttpHeaders, bytes: Buffer, secret: string): void {
  const given = Buffer.from(String(headers["x-hub-signature-256"] ?? ""));
  const right = Buffer.from(`sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`);
  if (given.length === right.length && timingSafeEqual(given, right)) return;
  throw new HttpProblem("unauthenticated", "The header X-Hub-Signature-256 does not sign this body with the secret.");
}

function deliveryOf(headers: IncomingHttpHeaders): string {
  const delivery = headers["x-github-delivery"];
  if (typeof delivery === "string" && /^[0-9A-Za-z-]{1,64}$/.test(delivery)) return delivery;
  throw new HttpProblem("bad-request", "The header X-GitHub-Delivery is missing, or is no delivery's id.");
}

function parse(bytes: Buffer): Payload {
  try {
    const payload: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof payload === "object" && payload !== null) return payload;
  } catch {
    // Answered below.
  }
  throw new HttpProblem("bad-request", "The body is no JSON object.");
}

/** The pull request that an event is about; undefined: none that counts. */
function pullRequestIn(
  event: IncomingHttpHeaders[string],
  { repository, pull_request: pull, issue }: Payload,
): { readonly repository: string; readonly number: number } | undefined {
  const path = repository?.full_name;
  const number =
    event === "pull_request"
      ? pull?.number
      : event === "issue_comment" && issue?.pull_request
        ? issue.number
        : undefined;
  if (typeof path !== "string" || typeof number !== "number" || !Number.isSafeInteger(number)) return undefined;
  return { repository: path, number };
}

function remember(deliveries: Set<string>, delivery: string): void {
  deliveries.add(delivery);
  for (const oldest of deliveries) {
    if (deliveries.size <= REMEMBERED) return;
    deliveries.delete(oldest);
  }
}
