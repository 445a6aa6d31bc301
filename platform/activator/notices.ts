import type { PreviewEnvironment } from "../../spec/index.ts";
import type { Notice } from "./answers.ts";
import type { Arrival } from "./waiting-room.ts";

/** Seconds until a request is worth being sent again. */
const AGAIN = 3;

/** Of a host that no environment has. */
export const NO_ENVIRONMENT: Notice = {
  status: 404,
  title: "There is no such preview environment",
  detail: "It may have been deleted, or its address is another one.",
};

/** Of a path that no service of the environment has. */
export const NO_ROUTE: Notice = {
  status: 404,
  title: "Nothing is served here",
  detail: "No service of this preview environment has this path.",
};

/** Of an environment whose service does not answer. */
export function unreachable(name: string): Notice {
  const detail = "Its service takes no connections at the moment. It may be starting again.";
  return { status: 502, title: `${name} does not answer`, detail, again: AGAIN };
}

/** Of an environment that is not up. Nothing is told that its people alone should know. */
export function notUp({ metadata, status }: PreviewEnvironment, why: Exclude<Arrival, "up" | "left">): Notice {
  const { name } = metadata;
  switch (why) {
    case "leaving":
      return { status: 404, title: `${name} is being deleted`, detail: "It does not come back." };
    case "failed":
      return {
        status: 503,
        title: `${name} could not be started`,
        detail: `It is not tried again by itself. \`terrarium env describe ${name}\` says why.`,
      };
    case "full":
      return {
        status: 503,
        title: `${name} wakes up`,
        detail: "As many requests wait for it as may. Ask again in a moment.",
        again: AGAIN,
      };
    case "late":
      return {
        status: 503,
        title: status?.phase === "Queued" ? `${name} waits for a place` : `${name} wakes up`,
        detail: progressOf(status?.phase, status?.position),
        again: AGAIN,
      };
  }
}

function progressOf(phase: string | undefined, position: number | undefined): string {
  if (phase === "Queued" && position !== undefined)
    return `All places are taken, and it is number ${position} in line. It starts by itself.`;
  return "It is started again, its data stores first. This page comes back by itself when it is there.";
}
