import type { OperationEvent, Outcome } from "../domain/operation.ts";
import { failed, type Failure } from "./failures.ts";
import { parseEvent } from "./parse-event.ts";

/** A Job as the API server has it, as far as it is looked at. */
export interface OperationJob {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    /** When it was asked to go. */
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly suspend?: boolean };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

/** What there is of an operation in the cluster. */
export interface FoundJob {
  readonly job: OperationJob | undefined;
  readonly pod: JobPod | undefined;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode: number };
}

/** A pod as the API server has it, as far as it is looked at. */
export interface JobPod {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly { readonly state?: ContainerState }[];
  };
}

/** Why an operation has not begun: "" where nothing is wrong yet. @returns undefined for one that has begun, or ended. */
export function whyItWaits(found: FoundJob): string | undefined {
  if (outcomeOf(found) !== undefined) return undefined;
  const { conditions = [], containerStatuses = [] } = found.pod?.status ?? {};
  const state = containerStatuses[0]?.state;
  if (state?.running || state?.terminated) return undefined;
  if (state?.waiting?.message !== undefined) return `${state.waiting.reason ?? "waiting"}: ${state.waiting.message}`;
  return conditions.find(({ type, status }) => type === "PodScheduled" && status === "False")?.message ?? "";
}

/** How an operation ended that told no result; undefined while it runs, or may begin. */
export function outcomeOf({ job, pod }: FoundJob): Failure | undefined {
  const reason = job?.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True")?.reason;
  if (reason === "DeadlineExceeded" || pod?.status?.reason === "DeadlineExceeded") {
    return failed("Timeout", "transient", "It took longer than runner.timeout, and its pod was ended.");
  }
  if (pod !== undefined) return outcomeOfPod(pod);
  if (job === undefined) return failed("RunnerLost", "transient", "The operation's Job is gone.");
  return reason === undefined
    ? undefined
    : failed("RunnerLost", "transient", `The operation's Job failed (${reason}).`);
}

function outcomeOfPod({ status = {} }: JobPod): Failure | undefined {
  const terminated = status.containerStatuses?.[0]?.state?.terminated;
  if (terminated?.reason === "OOMKilled") {
    return failed("OutOfMemory", "transient", "Its pod took more memory than it may (runner.memory).");
  }
  if (terminated === undefined && status.phase !== "Failed" && status.phase !== "Succeeded") return undefined;
  const how = status.reason ?? terminated?.reason ?? "for no reason that is known";
  const said = [how, status.message].filter((part) => part !== undefined).join(": ");
  return failed("RunnerLost", "transient", `Its pod ended and told no result (${said}).`);
}

/** What a pod's log says: events, told once each, however often the log is read from its start. */
export class PodLog {
  readonly #listen: (event: OperationEvent) => void;
  #told = 0;
  /** The operation's outcome, once the log has it. */
  outcome: Outcome | undefined;

  constructor(listen: (event: OperationEvent) => void) {
    this.#listen = listen;
  }

  /** Reads the log from its start. A log that can't be read any more has simply ended. */
  async read(follow: (onLine: (line: string) => void) => Promise<void>): Promise<void> {
    let lines = 0;
    await follow((line) => {
      lines += 1;
      if (lines <= this.#told) return;
      this.#told = lines;
      const event = parseEvent(line);
      if (event?.type === "result") this.outcome = event.outcome;
      else if (event !== undefined) this.#listen(event);
    }).catch(() => undefined);
  }

  warn(message: string): void {
    this.#listen({ type: "log", level: "warn", message });
  }
}
