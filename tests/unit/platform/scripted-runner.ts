import type {
  OperationEvent,
  OperationRequest,
  Outcome,
  Runner,
  RunningOperation,
} from "../../../platform/domain/operation.ts";
import type { ScriptedClock } from "./scripted-clock.ts";

/** An operation that a test ends. */
export interface ScriptedOperation {
  readonly request: OperationRequest;
  readonly say: (event: OperationEvent) => void;
  readonly end: (outcome: Outcome) => void;
  cancelled: string | undefined;
}

/** A runner whose operations do what a test says. One that is cancelled ends at once, unless it is stubborn. */
export class ScriptedRunner implements Runner {
  /** In the order in which they were started. */
  readonly started: ScriptedOperation[] = [];
  /** Those that run. */
  readonly running = new Set<ScriptedOperation>();
  /** Names of environments for which two operations ran at a time. */
  readonly doubled: string[] = [];
  stubborn = false;
  readonly #clock: ScriptedClock;

  constructor(clock: ScriptedClock) {
    this.#clock = clock;
  }

  start(request: OperationRequest, listen: (event: OperationEvent) => void): RunningOperation {
    if ([...this.running].some((other) => other.request.stack === request.stack)) this.doubled.push(request.stack);
    let settle: (outcome: Outcome) => void = () => undefined;
    const done = new Promise<Outcome>((resolve) => (settle = resolve));
    const operation: ScriptedOperation = {
      request,
      say: listen,
      end: (outcome) => {
        this.running.delete(operation);
        settle(outcome);
      },
      cancelled: undefined,
    };
    this.started.push(operation);
    this.running.add(operation);
    const cancel = (why: string): void => {
      operation.cancelled ??= why;
      if (!this.stubborn) operation.end(CANCELLED);
    };
    return { request, startedAt: this.#clock.now(), done, cancel };
  }

  /** The operation that runs on an environment's stack. */
  of(stack: string): ScriptedOperation {
    const found = [...this.running].find(({ request }) => request.stack === stack);
    if (found === undefined) throw new Error(`nothing runs on ${stack}`);
    return found;
  }
}

const CANCELLED: Outcome = { ok: false, reason: "Cancelled", message: "It was cancelled.", retry: "waiting" };
