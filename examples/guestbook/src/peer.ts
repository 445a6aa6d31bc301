import { UnavailableError } from "./failures.ts";

/** One request to another service of the environment. */
export interface PeerRequest {
  /** Name of the service, for messages. */
  readonly name: string;
  /** Its address, e.g. "http://guestbook-auth:8080". */
  readonly url: string;
  readonly path: string;
  /** @default "GET" */
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. @default none */
  readonly body?: unknown;
  /** Bearer token. @default none */
  readonly token?: string;
  /** Joins the log lines of one visitor's request across services. @default none */
  readonly requestId?: string;
}

/** A peer's answer; statuses from 500 never get here. */
export interface PeerAnswer {
  readonly status: number;
  readonly body: unknown;
}

const TIMEOUT_MILLISECONDS = 3000;

/** @throws {@link UnavailableError} when the peer does not answer, or with a status from 500. */
export async function callPeer(request: PeerRequest): Promise<PeerAnswer> {
  try {
    const response = await fetch(new URL(request.path, request.url), {
      method: request.method ?? "GET",
      headers: {
        ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
        ...(request.requestId === undefined ? {} : { "x-request-id": request.requestId }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    if (response.status >= 500) throw new Error(`status ${response.status}`);
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  } catch (error) {
    // fetch says no more than "fetch failed"; its cause has the reason.
    throw new UnavailableError(request.name, error instanceof TypeError && error.cause ? error.cause : error);
  }
}
