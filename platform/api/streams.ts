import type { PreviewEnvironment } from "../../spec/index.ts";
import { pause } from "../clock.ts";
import type { HttpContext } from "../http/context.ts";
import type { EventSource } from "../http/event-stream.ts";
import { linesAfter, markOf, newLines } from "../http/log-lines.ts";
import { toHttpProblem } from "../http/problem.ts";

/** Milliseconds between two looks at what nobody tells of: logs are written every 2 s, events seldom. */
const [LOG_MS, EVENTS_MS] = [2_000, 3_000];

/** Sends the lines of an environment's log that a reader does not know. @param lastId the last id that the reader has seen. */
export function logStream({ records, clock }: StreamContext, name: string, lastId: string | undefined): EventSource {
  return async (send, ended) => {
    let shown: readonly string[] | undefined;
    while (!ended.aborted) {
      const lines = (await records.log(name)) ?? [];
      const fresh = shown === undefined ? linesAfter(lastId, lines) : newLines(shown, lines);
      if (fresh.length > 0) send({ id: markOf(lines), event: "log", data: { lines: fresh } });
      shown = lines;
      await pause(clock, LOG_MS, ended);
    }
  };
}

/** Sends an environment whenever it changes, and the events about it, until it is gone. @param lastId as above. */
export function eventStream(context: StreamContext, name: string, lastId: string | undefined): EventSource {
  const { environments, records, clock, log } = context;
  return async (send, ended) => {
    let [environmentVersion = 0, eventVersion = 0] = (lastId ?? "").split("-").map((text) => Number(text) || 0);
    const gone = new AbortController();
    const over = AbortSignal.any([ended, gone.signal]);
    const id = () => `${environmentVersion}-${eventVersion}`;
    const tell = (environment: PreviewEnvironment | undefined): void => {
      if (over.aborted) return;
      if (environment === undefined) {
        send({ event: "gone", data: {} });
        gone.abort();
        return;
      }
      const version = Number(environment.metadata.resourceVersion);
      if (version <= environmentVersion) return;
      environmentVersion = version;
      send({ id: id(), event: "environment", data: environment });
    };
    const unfollow = environments.follow((changed) => {
      if (changed === name) tell(environments.get(name));
    });
    try {
      tell(environments.get(name) ?? (await environments.read(name)));
      while (!over.aborted) {
        const items = await records.events(name);
        for (const event of items.filter(({ version }) => version > eventVersion).sort(byVersion)) {
          eventVersion = event.version;
          if (!over.aborted) send({ id: id(), event: "event", data: event });
        }
        await pause(clock, EVENTS_MS, over);
      }
    } catch (error) {
      log.debug("a stream of events ended", { environment: name, reason: toHttpProblem(error).message });
    } finally {
      unfollow();
    }
  };
}

type StreamContext = Pick<HttpContext, "environments" | "records" | "clock" | "log">;

function byVersion(one: { readonly version: number }, other: { readonly version: number }): number {
  return one.version - other.version;
}
