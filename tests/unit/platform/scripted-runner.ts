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
  /** Whether it was let go of: then it runs on, and is taken up by the next start on its stack. */
  isLeft: boolean;
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
  /** Whether operations can do without the process that started them, as Jobs can. */
  lasting = false;
  readonly #clock: ScriptedClock;

  constructor(clock: ScriptedClock) {
    this.#clock = clock;
  }

  start(request: OperationRequest, listen: (event: OperationEvent) => void): RunningOperation {
    const others = [...this.running].filter((other) => other.request.stack === request.stack);
    if (others.some(({ isLeft }) => !isLeft)) this.doubled.push(request.stack);
    for (const other of others) this.running.delete(other);
    let settle: (outcome: Outcome) => void = () => undefined;
    const done = new Promise<Outcome>((resolve) => (settle = resolve));
    const operation: ScriptedOperation = {
      request,
      say: listen,
      end: (outcome) => {
        this.running.delete(operation);
        if (!operation.isLeft) settle(outcome);
      },
      cancelled: undefined,
      isLeft: false,
    };
    this.started.push(operation);
    this.running.add(operation);
    const cancel = (why: string): void => {
      operation.cancelled ??= why;
      if (!this.stubborn) operation.end(CANCELLED);
    };
    const letGo = (): void => {
      operation.isLeft = true;
    };
    return { request, startedAt: this.#clock.now(), done, cancel, ...(this.lasting ? { letGo } : {}) };
  }

  /** The operation that runs on an environment's stack. */
  of(stack: string): ScriptedOperation {
    const found = [...this.running].find(({ request }) => request.stack === stack);
    if (found === undefined) throw new Error(`nothing runs on ${stack}`);
    return found;
  }
}

const CANCELLED: Outcome = { ok: false, reason: "Cancelled", message: "It was cancelled.", retry: "waiting" };
