import type { FastifyInstance } from "fastify";
import { type Clock, pause } from "../clock.ts";
import type { EventSource } from "../http/event-stream.ts";
import type { Desk } from "./desk.ts";
import { find } from "./page-routes.ts";

/** Milliseconds between two looks at what no watch tells of while an operation runs: its log, and the pods. */
const LOOK_MS = 3_000;

/**
 * Streams that tell when a page has changed, and nothing of what: whoever reads them asks for the page again, and is shown what they
 * may see.
 */
export function serveChanges(app: FastifyInstance, desk: Desk): void {
  const { access, environments, streams, clock } = desk.context;

  app.get("/events", async (request, reply) => {
    const caller = await access.authenticate(request);
    await access.demand(caller, "list");
    return streams.open(
      reply,
      caller,
      changesOf(environments.follow.bind(environments), () => true),
    );
  });

  app.get<{ Params: { name: string } }>("/environments/:name/events", async (request, reply) => {
    const caller = await access.authenticate(request);
    const { metadata } = await find(desk, caller, request.params.name);
    const changes = changesOf(environments.follow.bind(environments), (name) => name === metadata.name);
    const isBusy = (): boolean => environments.get(metadata.name)?.status?.operation !== undefined;
    return streams.open(reply, caller, async (send, ended) => {
      await Promise.all([
        changes(send, ended),
        lookAgain(clock, isBusy, () => send({ event: "change", data: null }), ended),
      ]);
    });
  });
}

function changesOf(
  follow: (changed: (name: string) => void) => () => void,
  isMeant: (name: string) => boolean,
): EventSource {
  return (send, ended) =>
    new Promise((resolve) => {
      const stop = follow((name) => {
        if (isMeant(name)) send({ event: "change", data: null });
      });
      ended.addEventListener("abort", () => {
        stop();
        resolve();
      });
    });
}

async function lookAgain(clock: Clock, isBusy: () => boolean, look: () => void, ended: AbortSignal): Promise<void> {
  for (await pause(clock, LOOK_MS, ended); !ended.aborted; await pause(clock, LOOK_MS, ended)) if (isBusy()) look();
}
