import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Clock, pause } from "../clock.ts";
import type { Caller } from "./access.ts";
import { HttpProblem } from "./problem.ts";

/** An event as EventSource reads it. */
export interface StreamEvent {
  /** Sent back in Last-Event-ID by a reader that connects again. */
  readonly id?: string;
  /** @default "message" */
  readonly event?: string;
  /** Is sent as JSON, in one line. */
  readonly data: unknown;
}

/** What a stream sends, until the signal aborts; it ends when this does. */
export type EventSource = (send: (event: StreamEvent) => void, ended: AbortSignal) => Promise<void>;

/** Milliseconds between two signs of life: proxies end what is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** Milliseconds after which a stream ends: its reader connects again and is asked anew for what it may read. */
const LIFE_MS = 5 * 60_000;
/** Bytes that may wait for a reader that is too slow; then its stream ends. */
const MOST_WAITING_BYTES = 1024 * 1024;
/** Streams that each caller may have: some pages of a browser, or some commands. */
const MOST_OF_A_CALLER = 30;

/** The streams that are open. */
export class EventStreams {
  readonly #clock: Clock;
  /** How many each caller has. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many there are. */
  get count(): number {
    return [...this.#open.values()].reduce((sum, each) => sum + each, 0);
  }

  /**
   * Answers with events as they come. A reader that goes away ends the source.
   *
   * @throws HttpProblem where the caller has too many.
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
   */
  open(reply: FastifyReply, caller: Pick<Caller, "name">, source: EventSource): FastifyReply {
    const ended = new AbortController();
    const stream = new Readable({ read: () => undefined });
    this.#count(caller.name, stream);
    const push = (text: string): void => {
      if (stream.destroyed) return;
      stream.push(text);
      if (stream.readableLength > MOST_WAITING_BYTES) stream.destroy();
    };
    const end = (): void => {
      if (!ended.signal.aborted && !stream.destroyed) stream.push(null);
      ended.abort();
    };
    stream.once("close", end);
    ended.signal.addEventListener("abort", this.#clock.after(LIFE_MS, end));
    push("retry: 1000\n\n");
    void beat(this.#clock, push, ended.signal);
    source((event) => {
      push(formatEvent(event));
    }, ended.signal).then(end, end);
    return reply.headers({ "content-type": "text/event-stream", "x-accel-buffering": "no" }).send(stream);
  }

  #count(caller: string, stream: Readable): void {
    const open = this.#open.get(caller) ?? 0;
    if (open >= MOST_OF_A_CALLER)
      throw new HttpProblem("too-many-requests", `You have ${open} streams open; close one first.`, {
        headers: { "retry-after": "5" },
      });
    this.#open.set(caller, open + 1);
    stream.once("close", () => {
      const left = (this.#open.get(caller) ?? 1) - 1;
      if (left > 0) this.#open.set(caller, left);
      else this.#open.delete(caller);
    });
  }
}

/** The id of the last event that a reader has seen before it connected again; undefined: it has seen none. */
export function lastEventId({ headers }: Pick<FastifyRequest, "headers">): string | undefined {
  const id = headers["last-event-id"];
  return typeof id === "string" ? id : undefined;
}

/** The event's lines, and the empty one that ends it. */
export function formatEvent({ id, event, data }: StreamEvent): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${JSON.stringify(data)}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

async function beat(clock: Clock, push: (text: string) => void, ended: AbortSignal): Promise<void> {
  for (await pause(clock, HEARTBEAT_MS, ended); !ended.aborted; await pause(clock, HEARTBEAT_MS, ended)) push(":\n\n");
}
