import { isDeepStrictEqual } from "node:util";
import type { PreviewEnvironment, PreviewEnvironmentStatus } from "../spec/index.ts";
import { isConflict, isNotFound } from "./adapters/kubernetes/api.ts";
import type { Environments } from "./adapters/kubernetes/environments.ts";
import type { EventRecorder } from "./adapters/kubernetes/events.ts";
import { Admissions } from "./admissions.ts";
import type { Clock } from "./clock.ts";
import { unfinishedSince } from "./domain/conditions.ts";
import { type Action, decide, type Decision, type DomainSettings, type Situation } from "./domain/decide.ts";
import { type Log, reasonOf } from "./log.ts";
import type { Operations } from "./operations.ts";
import { WorkQueue } from "./work-queue.ts";

/** Arguments of {@link Reconciler}. */
export interface ReconcilerArgs {
  readonly environments: Environments;
  readonly operations: Operations;
  readonly events: EventRecorder;
  readonly settings: () => DomainSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each reconcile that failed. */
  readonly failed: () => void;
  /** @default Math.random */
  readonly random?: () => number;
}

/** Tries to decide and write before an object that changes all the time has to wait. */
const MOST_CONFLICTS = 5;

/**
 * Drives each environment to what its object says, for one term of a leader. It never looks at what has changed, only at all
 * that there is: a lost or a doubled change makes no difference.
 */
export class Reconciler {
  readonly #args: Required<ReconcilerArgs>;
  readonly #queue: WorkQueue;
  readonly #admissions: Admissions;
  /** Environments whose operation waits for room, the longest waiting first. */
  readonly #waiting = new Set<string>();

  constructor(args: ReconcilerArgs) {
    this.#args = { random: Math.random, ...args };
    const { environments, settings, clock, log, failed } = args;
    this.#admissions = new Admissions(() => environments.list(), settings);
    this.#queue = new WorkQueue({
      clock,
      work: (name) => this.#reconcile(name),
      failed: (name, error, retryInMs) => {
        failed();
        log.warn("an environment could not be reconciled", { environment: name, reason: reasonOf(error), retryInMs });
      },
    });
  }

  /** Environments that wait to be looked at. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Looks at an environment soon, whose object somebody has changed. */
  changed(name: string): void {
    this.#admissions.outdated();
    this.#queue.add(name);
  }

  /** Looks at an environment soon, of whose operation something new is known. */
  progressed(name: string): void {
    this.#queue.add(name);
  }

  /** Looks at every environment soon. Who waits longest comes first, so that nobody waits for ever where services often end. */
  allChanged(): void {
    this.#admissions.outdated();
    const since = new Map(this.#args.environments.list().map((each) => [each.metadata.name, unfinishedSince(each)]));
    for (const [name] of [...since].sort(([, a], [, b]) => (a === b ? 0 : a - b))) this.#queue.add(name);
  }

  /** Lets operations that wait start, as far as there is room for them. */
  roomMade(): void {
    let { room } = this.#args.operations;
    for (const name of this.#waiting) {
      if (room-- <= 0) return;
      this.#waiting.delete(name);
      this.#queue.add(name);
    }
  }

  /** Settles when everything that changed was looked at. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Looks at nothing more. @returns when what is being done is done. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #reconcile(name: string): Promise<void> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        await this.#reconcileOnce(name);
        return;
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
        if (conflicts >= MOST_CONFLICTS) throw error;
        // Somebody else has changed the object: it is decided anew on what stands there now.
        if ((await this.#args.environments.read(name)) === undefined) return;
        this.#admissions.outdated();
      }
    }
  }

  async #reconcileOnce(name: string): Promise<void> {
    const { environments, operations, events } = this.#args;
    const environment = environments.get(name);
    if (environment === undefined) {
      operations.cancel(name, "its Environment is gone");
      operations.forget(name);
      this.#waiting.delete(name);
      this.#queue.forget(name);
      this.#wakeAdmitted();
      return;
    }

    // A stack of the same name that nobody wanted has to go first.
    if (operations.isCollecting(name)) return;

    // 1. Decide.
    const situation = this.#gather(environment);
    const { decision, release } = this.#decide(situation);
    try {
      // 2. The status goes first: what was begun must be known to whoever comes after a crash.
      const written = await this.#writeStatus(environment, decision.status);
      const { ended } = situation;
      if (ended?.outcome.ok === false) operations.forget(name, ended.request.id);

      // 3. Act. What went well is known until then: it may be the proof that an action is right.
      let current = written;
      for (const action of decision.actions) current = await this.#carryOut(action, current);
      if (ended?.outcome.ok) operations.forget(name, ended.request.id);
      for (const event of decision.events) void events.record(current, event);
    } finally {
      release?.();
    }

    // 4. Come back.
    if (decision.requeueAfterMs !== undefined) this.#queue.addAfter(name, decision.requeueAfterMs);
    this.#wakeAdmitted();
    this.roomMade();
  }

  #gather(environment: PreviewEnvironment): Situation {
    const { operations, clock, settings, random } = this.#args;
    const { name } = environment.metadata;
    const running = operations.running(name);
    const ended = operations.ended(environment);
    return {
      environment,
      now: clock.now(),
      random: random(),
      admission: this.#admissions.of(name),
      settings: settings(),
      ...(running ? { running } : {}),
      ...(ended ? { ended } : {}),
    };
  }

  /** Decides; an operation that would start without room for it waits in line. */
  #decide(situation: Situation): { decision: Decision; release?: () => void } {
    const decision = decide({ ...situation, mayStart: true });
    if (!decision.actions.some((action) => action.do === "start")) return { decision };
    const release = this.#args.operations.reserve();
    if (release) return { decision, release };
    this.#waiting.add(situation.environment.metadata.name);
    return { decision: decide({ ...situation, mayStart: false }) };
  }

  async #writeStatus(environment: PreviewEnvironment, status: PreviewEnvironmentStatus): Promise<PreviewEnvironment> {
    if (isDeepStrictEqual(status, environment.status ?? {})) return environment;
    const { name } = environment.metadata;
    this.#admissions.decided(environment, status);
    try {
      const written = await this.#args.environments.writeStatus(environment, status);
      this.#admissions.written(name);
      return written;
    } catch (error) {
      this.#admissions.notWritten(name);
      throw error;
    }
  }

  async #carryOut(action: Action, environment: PreviewEnvironment): Promise<PreviewEnvironment> {
    const { environments, operations, log } = this.#args;
    const { name } = environment.metadata;
    switch (action.do) {
      case "add-finalizer":
        // What this service writes itself is not told of.
        this.#queue.add(name);
        return environments.addFinalizer(environment);
      case "start":
        operations.start(environment, action.request, action.fingerprint);
        return environment;
      case "cancel":
        operations.cancel(name, action.why);
        return environment;
      case "delete-object":
        log.info("environment deleted", { environment: name, why: action.why });
        await environments.delete(environment);
        return environment;
      case "remove-finalizer":
        log.info("environment gone", { environment: name });
        await environments.removeFinalizer(environment);
        return environment;
    }
  }

  #wakeAdmitted(): void {
    for (const name of this.#admissions.newlyAdmitted()) this.#queue.add(name);
  }
}
