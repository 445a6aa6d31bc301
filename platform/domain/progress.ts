import type { OperationEvent } from "./operation.ts";
import type { OperationProgress } from "./situation.ts";

/** What is known of an operation after it has said something more; the same object where that tells nothing new. */
export function progressAfter(latest: OperationProgress, event: OperationEvent): OperationProgress {
  switch (event.type) {
    case "stage":
      return { ...latest, progress: event.stage };
    case "progress":
      return { ...latest, progress: `${event.done} of ${event.total}: ${event.current}` };
    case "diff":
      return { ...latest, diff: event.diff };
    case "steps":
      return { ...latest, steps: event.steps };
    case "resource":
    case "log":
    case "result":
      return latest;
  }
}
