import type { PreviewEnvironment } from "../spec/index.ts";
import type { Clock } from "./clock.ts";
import type { EndedOperation, OperationInFlight, OperationProgress } from "./domain/decide.ts";
import type { OperationEvent, OperationRequest, Outcome, Runner, RunningOperation } from "./domain/operation.ts";
import { progressAfter } from "./domain/progress.ts";
import { type Log, reasonOf } from "./log.ts";

/** Where the lines of one operation go. */
export interface OperationLogWriter {
  readonly take: (event: OperationEvent) => void;
  readonly end: () => Promise<void>;
}

/** Arguments of {@link Operations}. */
export interface OperationsArgs {
  readonly runner: Runner;
  readonly clock: Clock;
  readonly log: Log;
  /** Most operations at a time. */
  readonly limit: () => number;
  readonly openLog: (environment: PreviewEnvironment) => OperationLogWriter;
  /** Told the environment's name when something new is known of its operation: at its end, before that every 2 s at most. */
  readonly changed: (name: string) => void;
  /** Told when there is room for another operation. */
  readonly roomMade: () => void;
  /** Told of each end. */
  readonly ended: (request: OperationRequest, outcome: Outcome, seconds: number) => void;
}

/** Milliseconds between two tellings of an operation's progress. */
const TELL_EVERY_MS = 2_000;

interface InFlight {
  readonly handle: RunningOperation;
  /** Of the environment: another one may come to have its name. */
  readonly uid: string;
  readonly fingerprint?: string;
  cancelling: boolean;
  latest: OperationProgress;
  /** What was told of it last: a look in between finds nothing newer. */
  told: OperationProgress;
  toldAtMs: number;
  takeBack?: () => void;
  /** Whether it runs on by itself, for the next leader. */
  isLeft?: boolean;
}

/** An operation on a stack that no environment wants. */
interface Collecting {
  readonly handle: RunningOperation;
  /** Settles what waits for its end here. */
  readonly leave: () => void;
}

/** The operations that this process runs, at most one for each environment. Outlives a leader's term: what runs, runs. */
export class Operations {
  readonly #args: OperationsArgs;
  readonly #running = new Map<string, InFlight>();
  readonly #ended = new Map<string, EndedOperation & { readonly uid: string }>();
  /** Operations on stacks that no environment wants, by the name of the environment that they once had. */
  readonly #collecting = new Map<string, Collecting>();
  /** Places that are kept for operations about to start. */
  #reserved = 0;
  #closed = false;
  readonly #whenIdle: (() => void)[] = [];

  constructor(args: OperationsArgs) {
    this.#args = args;
  }

  /** What runs on an environment. */
  running(name: string): OperationInFlight | undefined {
    const found = this.#running.get(name);
    if (found === undefined) return undefined;
    const { handle, fingerprint, cancelling, told } = found;
    const { request, startedAt } = handle;
    return { request, startedAt, cancelling, latest: told, ...(fingerprint === undefined ? {} : { fingerprint }) };
  }

  /** What ended on an environment and was not {@link forget forgotten} yet. */
  ended({ metadata }: PreviewEnvironment): EndedOperation | undefined {
    const found = this.#ended.get(metadata.name);
    return found?.uid === metadata.uid ? found : undefined;
  }

  /** How many run now, by kind. */
  count(kind: OperationRequest["kind"]): number {
    return this.#handles().filter(({ request }) => request.kind === kind).length;
  }

  /** Stacks that operations run on. */
  stacks(): Set<string> {
    return new Set(this.#handles().map(({ request }) => request.stack));
  }

  /** How many more may start now. */
  get room(): number {
    const taken = this.#running.size + this.#collecting.size + this.#reserved;
    return this.#closed ? 0 : Math.max(this.#args.limit() - taken, 0);
  }

  /** Keeps a place for an operation that is about to start. @returns what gives it back; undefined where there is no room. */
  reserve(): (() => void) | undefined {
    if (this.room === 0) return undefined;
    this.#reserved += 1;
    let isKept = true;
    return () => {
      if (!isKept) return;
      isKept = false;
      this.#reserved -= 1;
      this.#args.roomMade();
      this.#tellIdle();
    };
  }

  /** Starts an operation. The environment must have none that runs. */
  start(environment: PreviewEnvironment, request: OperationRequest, fingerprint?: string): void {
    const { name, uid } = environment.metadata;
    const { runner, clock, log, openLog } = this.#args;
    const lines = openLog(environment);
    log.info("operation started", { environment: name, operation: request.id, kind: request.kind });
    const handle = startSafely(runner, clock, request, (event) => {
      lines.take(event);
      this.#hear(name, event);
    });
    const inFlight: InFlight = {
      handle,
      uid,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      cancelling: false,
      latest: {},
      told: {},
      toldAtMs: clock.now().getTime(),
    };
    this.#running.set(name, inFlight);
    if (this.#closed) this.#leave(name, inFlight);
    void handle.done.then((outcome) => {
      lines.take({ type: "result", outcome });
      void lines.end();
      this.#end(name, inFlight, outcome);
    });
  }

  /** Whether the stack that an environment of this name once had is being removed. */
  isCollecting(name: string): boolean {
    return this.#collecting.has(name);
  }

  /**
   * Runs an operation on a stack that no environment wants.
   *
   * @param name of the environment that it once had.
   * @returns how it ended; undefined where there was no room for it, the name is in use, or it was left to the next leader.
   */
  async collect(name: string, request: OperationRequest): Promise<Outcome | undefined> {
    const { runner, clock, log, ended, changed, roomMade } = this.#args;
    if (this.room === 0 || this.#running.has(name) || this.#collecting.has(name)) return undefined;
    log.info("operation started", { operation: request.id, kind: request.kind, stack: request.stack });
    const handle = startSafely(runner, clock, request, () => undefined);
    const left = new Promise<undefined>((resolve) => {
      this.#collecting.set(name, { handle, leave: () => resolve(undefined) });
    });
    const outcome = await Promise.race([handle.done, left]);
    this.#collecting.delete(name);
    if (outcome) ended(request, outcome, (clock.now().getTime() - handle.startedAt.getTime()) / 1000);
    changed(name);
    roomMade();
    this.#tellIdle();
    return outcome;
  }

  /** Asks an environment's operation to stop. */
  cancel(name: string, why: string): void {
    const found = this.#running.get(name);
    if (found === undefined || found.cancelling || found.isLeft) return;
    found.cancelling = true;
    this.#args.log.info("operation cancelled", { environment: name, operation: found.handle.request.id, why });
    found.handle.cancel(why);
  }

  /** Asks every operation to stop. */
  cancelAll(why: string): void {
    for (const name of this.#running.keys()) this.cancel(name, why);
    for (const { handle } of this.#collecting.values()) handle.cancel(why);
  }

  /**
   * Forgets what ended on an environment: its status tells of it now, or it is gone.
   *
   * @param id of the one operation that is meant. @default whichever it was
   */
  forget(name: string, id?: string): void {
    if (id === undefined || this.#ended.get(name)?.request.id === id) this.#ended.delete(name);
  }

  /** A leader's term begins: what ended or was left in an earlier one may be overtaken by what another leader did since. */
  open(): void {
    this.#closed = false;
    this.#ended.clear();
    for (const [name, { isLeft }] of this.#running) if (isLeft) this.#running.delete(name);
  }

  /** Lets no more operations start, and leaves those that run on by themselves to the next leader. */
  close(): void {
    this.#closed = true;
    for (const [name, inFlight] of this.#running) this.#leave(name, inFlight);
    for (const { handle, leave } of this.#collecting.values()) {
      handle.letGo?.();
      if (handle.letGo) leave();
    }
    this.#tellIdle();
  }

  /** Settles when nothing runs or is about to start. */
  async idle(): Promise<void> {
    if (this.#isBusy()) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** What is left still counts as running: its environment waits for the next leader as it is. */
  #leave(name: string, inFlight: InFlight): void {
    const { handle } = inFlight;
    if (handle.letGo === undefined || inFlight.isLeft) return;
    handle.letGo();
    inFlight.takeBack?.();
    inFlight.isLeft = true;
    this.#args.log.info("operation left to the next leader", { environment: name, operation: handle.request.id });
  }

  #hear(name: string, event: OperationEvent): void {
    const found = this.#running.get(name);
    if (found === undefined) return;
    const latest = progressAfter(found.latest, event);
    if (latest === found.latest) return;
    found.latest = latest;
    const { clock, changed } = this.#args;
    const waitMs = found.toldAtMs + TELL_EVERY_MS - clock.now().getTime();
    found.takeBack ??= clock.after(waitMs, () => {
      delete found.takeBack;
      found.told = found.latest;
      found.toldAtMs = clock.now().getTime();
      changed(name);
    });
  }

  #end(name: string, inFlight: InFlight, outcome: Outcome): void {
    const { clock, log, ended, changed, roomMade } = this.#args;
    const { handle, fingerprint, uid } = inFlight;
    const at = clock.now();
    const seconds = (at.getTime() - handle.startedAt.getTime()) / 1000;
    inFlight.takeBack?.();
    this.#running.delete(name);
    this.#ended.set(name, {
      request: handle.request,
      outcome,
      at,
      uid,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    });
    log.info("operation ended", {
      environment: name,
      operation: handle.request.id,
      kind: handle.request.kind,
      seconds,
      outcome: outcome.ok ? "ok" : outcome.reason,
    });
    ended(handle.request, outcome, seconds);
    changed(name);
    roomMade();
    this.#tellIdle();
  }

  #isBusy(): boolean {
    return this.#handles().length + this.#reserved > 0;
  }

  #tellIdle(): void {
    if (this.#isBusy()) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Of the operations that this process has to do with. */
  #handles(): RunningOperation[] {
    const followed = [...this.#running.values()].filter(({ isLeft = false }) => !isLeft);
    return [...followed, ...this.#collecting.values()].map(({ handle }) => handle);
  }
}

/** A runner that can't even start is one that lost its operation. */
function startSafely(
  runner: Runner,
  clock: Clock,
  request: OperationRequest,
  listen: (event: OperationEvent) => void,
): RunningOperation {
  try {
    return runner.start(request, listen);
  } catch (error) {
    const outcome: Outcome = { ok: false, reason: "RunnerLost", message: reasonOf(error), retry: "transient" };
    return { request, startedAt: clock.now(), done: Promise.resolve(outcome), cancel: () => undefined };
  }
}
