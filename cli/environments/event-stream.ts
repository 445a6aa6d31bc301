/** One event of a stream. */
export interface StreamedEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events until the stream ends. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEvent, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) yield* toEvent(block);
  }
}

/** Signs of life, and times for connecting again, are no events. */
function toEvent(block: string): StreamedEvent[] {
  const fields = new Map(block.split("\n").map((line) => [line.split(":", 1)[0], line.replace(/^\w*: ?/, "")]));
  const [id, event = "message", data] = ["id", "event", "data"].map((name) => fields.get(name));
  return data === undefined ? [] : [{ event, data, ...(id === undefined ? {} : { id }) }];
}
