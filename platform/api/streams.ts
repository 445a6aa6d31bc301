import type { PreviewEnvironment } from "../../spec/index.ts";
import { pause } from "../clock.ts";
import type { HttpContext } from "../http/context.ts";
import type { EventSource } from "../http/event-stream.ts";
import { toHttpProblem } from "../http/problem.ts";

/** Milliseconds between two looks at events, which nobody tells of. */
const EVENTS_MS = 3_000;

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
