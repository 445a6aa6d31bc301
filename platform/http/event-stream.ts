import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { type Clock, pause } from "../clock.ts";

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

/**
 * Answers with events as they come. A reader that goes away ends the source.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function streamEvents(reply: FastifyReply, clock: Clock, source: EventSource): FastifyReply {
  const ended = new AbortController();
  const stream = new Readable({ read: () => undefined });
  const push = (text: string): void => {
    if (stream.destroyed) return;
    stream.push(text);
    if (stream.readableLength > MOST_WAITING_BYTES) stream.destroy();
  };
  stream.once("close", () => {
    ended.abort();
  });
  const end = (): void => {
    ended.abort();
    if (!stream.destroyed) stream.push(null);
  };
  const takeBack = clock.after(LIFE_MS, end);
  ended.signal.addEventListener("abort", takeBack);
  push("retry: 1000\n\n");
  void beat(clock, push, ended.signal);
  source((event) => {
    push(formatEvent(event));
  }, ended.signal).then(end, end);
  return reply.headers({ "content-type": "text/event-stream", "x-accel-buffering": "no" }).send(stream);
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
