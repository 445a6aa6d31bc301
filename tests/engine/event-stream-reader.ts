import { once } from "node:events";
import { get, type ClientRequest, type IncomingMessage } from "node:http";

/** One event of a stream. */
export interface ReadEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of server-sent events as a browser's EventSource does, without connecting again. */
export class EventStreamReader {
  readonly seen: ReadEvent[] = [];
  /** Settles when the stream is open, with its first bytes. */
  readonly opened: Promise<void>;
  /** Settles when the server has ended it. */
  readonly ended: Promise<void>;
  readonly #request: ClientRequest;
  readonly #waiting = new Set<() => void>();

  /** @param lastId of a stream that was read before. */
  constructor(url: string, token: string, lastId?: string) {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "text/event-stream",
      ...(lastId === undefined ? {} : { "last-event-id": lastId }),
    };
    this.#request = get(url, { headers });
    const response = once(this.#request, "response").then(([message]) => message as IncomingMessage);
    this.opened = response.then(async (message) => {
      if (message.statusCode !== 200) throw new Error(`the stream was refused: ${message.statusCode}`);
      await once(message, "readable");
    });
    this.ended = response.then((message) => this.#read(message));
    this.ended.catch(() => undefined);
  }

  get lastId(): string | undefined {
    return this.seen.findLast(({ id }) => id !== undefined)?.id;
  }

  /** Waits for an event. @throws when the stream ends before. */
  async until(isWanted: (event: ReadEvent) => boolean): Promise<ReadEvent> {
    let hasEnded = false;
    void this.ended.then(
      () => (hasEnded = true),
      () => (hasEnded = true),
    );
    for (;;) {
      const found = this.seen.find(isWanted);
      if (found) return found;
      if (hasEnded) throw new Error(`the stream has ended: ${JSON.stringify(this.seen)}`);
      await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), this.ended]);
    }
  }

  close(): void {
    this.#request.destroy();
  }

  async #read(message: IncomingMessage): Promise<void> {
    let text = "";
    for await (const chunk of message) {
      text += String(chunk);
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      this.seen.push(...blocks.flatMap(toEvent));
      for (const waiting of this.#waiting) waiting();
      this.#waiting.clear();
    }
  }
}

/** Comments and times for connecting again are no events. */
function toEvent(block: string): ReadEvent[] {
  const fields = new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1).trimStart()];
    }),
  );
  const [id, event = "message", data] = ["id", "event", "data"].map((name) => fields.get(name));
  return data === undefined ? [] : [{ event, data, ...(id === undefined ? {} : { id }) }];
}
