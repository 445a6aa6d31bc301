import type { TestEvent } from "node:test/reporters";

/** Reporter of node:test that ends with the closing line of the other layers, "guestbook: N passed, N failed". */
export default async function* closingLine(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // Each file has a summary of its own.
    if (event.type !== "test:summary" || event.data.file !== undefined) continue;
    const { tests, passed } = event.data.counts;
    yield `\nguestbook: ${passed} passed, ${tests - passed} failed\n`;
  }
}
