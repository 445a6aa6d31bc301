import assert from "node:assert/strict";
import { admit } from "../../../../platform/domain/admission.ts";
import { conditionOf, isAdmitted } from "../../../../platform/domain/conditions.ts";
import {
  decide,
  type Action,
  type Decision,
  type DomainSettings,
  type Situation,
} from "../../../../platform/domain/decide.ts";
import type { EndedOperation, OperationInFlight } from "../../../../platform/domain/decide.ts";
import type { OperationRequest, Outcome } from "../../../../platform/domain/operation.ts";
import {
  PREVIEW_ENVIRONMENT,
  previewEnvironmentStatusSchema,
  toMilliseconds,
  type PreviewEnvironment,
} from "../../../../spec/index.ts";
import { failure } from "./situations.ts";

/** What befalls an operation. */
export type Fault = "transient" | "waiting" | "hangs" | "lost";

/** What is in the cluster of one environment. A fingerprint of undefined: an update broke off. */
export interface Stack {
  fingerprint?: string;
  /** Whether nothing of it runs; undefined: an update broke off. */
  isAsleep?: boolean;
  isDrifted: boolean;
}

interface Running {
  readonly operation: OperationInFlight;
  readonly fault?: Fault;
  /** Whether somebody else holds the stack's lock: the operation touches nothing. */
  readonly isLockedOut: boolean;
  endsAt: number;
  isCancelled: boolean;
}

/** What a process of the service knows; all of it is lost when it crashes. */
interface Process {
  readonly running: Map<string, Running>;
  readonly ended: Map<string, EndedOperation>;
  readonly due: Map<string, number>;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** How long the child of a process that is dead lives on, with its lock. */
const ORPHAN_MS = 3 * SECOND;
/** Most decisions about one environment in a minute that nothing but the time has asked for. */
const MOST_IN_A_MINUTE = 20;

/** Commits whose update can't succeed. */
export function isBad(commit: string | undefined): boolean {
  return commit?.endsWith("bad") ?? false;
}

function sleeps({ status }: PreviewEnvironment): boolean {
  return conditionOf(status, "Asleep")?.status === "True";
}

/**
 * A cluster, its Environment objects and the service, small enough to be simulated: the service does what `decide` says,
 * and every step is checked against what must never happen.
 */
export class World {
  now = Date.parse("2026-03-01T12:00:00.000Z");
  settings: DomainSettings;
  readonly objects = new Map<string, PreviewEnvironment>();
  readonly stacks = new Map<string, Stack>();
  readonly faults = new Map<string, Fault[]>();
  /** Number of steps of the service until it crashes amid one. */
  crashAfterSteps = Infinity;
  decisions = 0;
  #process: Process | undefined = { running: new Map(), ended: new Map(), due: new Map() };
  #restartAt = Infinity;
  #random: number;
  readonly #orphans = new Map<string, number>();
  readonly #decisionsInMinute = new Map<string, number>();

  constructor(settings: DomainSettings, seed: number) {
    this.settings = settings;
    this.#random = seed;
  }

  /** Lets time pass, and what falls due happen. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [at, happen] = this.#next();
      if (at > end) break;
      this.now = Math.max(this.now, at);
      happen();
    }
    this.now = end;
  }

  /** Kills the service; its operations go on for a moment as orphans, and nobody hears how they end. */
  crash(downMs: number): void {
    for (const [name, { isLockedOut }] of this.#process?.running ?? []) {
      if (!isLockedOut) this.#orphans.set(name, this.now + ORPHAN_MS);
    }
    this.#process = undefined;
    this.#restartAt = this.now + downMs;
    this.crashAfterSteps = Infinity;
  }

  /** Makes the service look at an object. */
  changed(name: string): void {
    this.#process?.due.set(name, this.now);
  }

  /** Whether the service runs, no operation does, and no deletion is under way. */
  get isCalm(): boolean {
    const isIdle = this.#process?.running.size === 0 && this.#process.ended.size === 0;
    return isIdle && [...this.objects.values()].every(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  #next(): readonly [number, () => void] {
    const times: [number, () => void][] = [[this.#restartAt, () => this.#restart()]];
    for (const [name, running] of this.#process?.running ?? [])
      times.push([running.endsAt, () => this.#end(name, running)]);
    for (const [name, at] of this.#process?.due ?? []) times.push([at, () => this.#reconcile(name, at)]);
    return times.reduce((first, time) => (time[0] < first[0] ? time : first));
  }

  #restart(): void {
    this.#restartAt = Infinity;
    const names = [...this.objects.keys()];
    this.#process = { running: new Map(), ended: new Map(), due: new Map(names.map((name) => [name, this.now])) };
  }

  #reconcile(name: string, dueAt: number): void {
    const known = this.#process;
    assert.ok(known);
    known.due.delete(name);
    const environment = this.objects.get(name);
    if (!environment) return;
    this.#countDecision(name, dueAt);
    const situation = this.#situation(environment, known);
    const decision = decide(situation);
    assert.deepEqual(decide(situation), decision, "the same situation gives two decisions");
    this.#check(situation, decision);

    if (this.#crashes()) return;
    this.objects.set(name, { ...environment, status: decision.status });
    known.ended.delete(name);
    for (const action of decision.actions) {
      if (this.#crashes()) return;
      this.#carryOut(name, action, situation, known);
    }
    if (this.#crashes()) return;
    const requeue = decision.requeueAfterMs;
    if (requeue !== undefined && this.objects.has(name)) {
      known.due.set(name, Math.min(known.due.get(name) ?? Infinity, this.now + requeue));
    }
    this.#checkSettled(name, decision, situation, known);
  }

  #situation(environment: PreviewEnvironment, known: Process): Situation {
    const { name } = environment.metadata;
    const running = known.running.get(name);
    const admission = admit(this.objects.values(), this.settings).get(name);
    assert.ok(admission);
    return {
      environment,
      now: new Date(this.now),
      random: this.#chance(),
      admission,
      settings: this.settings,
      ...(running ? { running: { ...running.operation, cancelling: running.isCancelled } } : {}),
      ...(known.ended.has(name) ? { ended: known.ended.get(name) } : {}),
    };
  }

  /** What must hold of each decision by itself. */
  #check({ environment }: Situation, { status, requeueAfterMs = Infinity }: Decision): void {
    previewEnvironmentStatusSchema.parse(status);
    assert.ok(requeueAfterMs >= 1, "it would be decided again at once");
    const isAsleep = status.phase === "Asleep";
    if (isAdmitted(environment.status)) assert.ok(isAdmitted(status) || isAsleep, "an environment was evicted");
    if (isAsleep) {
      assert.equal(conditionOf(status, "Asleep")?.status, "True");
      assert.notEqual(this.stacks.get(environment.metadata.name)?.isAsleep, false, "it runs, and is said to sleep");
    }
    if (status.phase !== "Ready") return;
    assert.equal(conditionOf(status, "Ready")?.status, "True");
    assert.equal(conditionOf(status, "Asleep")?.status, "False");
  }

  /** What must hold once a decision is carried out: nothing more is decided, and no cap is exceeded. */
  #checkSettled(name: string, decision: Decision, before: Situation, known: Process): void {
    const { caps } = this.settings;
    const inside = [...this.objects.values()].filter(({ status }) => isAdmitted(status));
    assert.ok(inside.length <= (caps.global ?? Infinity), "the global cap is exceeded");
    for (const { spec } of inside) {
      const same = inside.filter((other) => other.spec.source.repository === spec.source.repository).length;
      assert.ok(same <= (caps.perRepository ?? Infinity), "a repository's cap is exceeded");
      const own = inside.filter(({ spec: other }) => other.owner !== undefined && other.owner === spec.owner).length;
      assert.ok(own <= (caps.perUser ?? Infinity), "a user's cap is exceeded");
    }
    const environment = this.objects.get(name);
    const changesObject = decision.actions.some(({ do: what }) => what === "add-finalizer" || what === "delete-object");
    const joinsLine = decision.status.phase === "Queued" && before.admission.admitted;
    if (!environment || changesObject || joinsLine) return;
    const again = decide({ ...this.#situation(environment, known), now: before.now });
    assert.deepEqual(again.actions, [], "a decision that was carried out is followed by another");
    assert.deepEqual(again.status, decision.status);
    assert.deepEqual(again.events, []);
  }

  #carryOut(name: string, action: Action, { environment }: Situation, known: Process): void {
    const { metadata, spec } = environment;
    const stored = this.objects.get(name);
    assert.ok(stored);
    const owned = metadata.finalizers?.includes(PREVIEW_ENVIRONMENT.finalizer) ?? false;
    switch (action.do) {
      case "add-finalizer":
        this.objects.set(name, { ...stored, metadata: { ...metadata, finalizers: [PREVIEW_ENVIRONMENT.finalizer] } });
        return this.changed(name);
      case "start":
        assert.ok(owned, "an operation starts without the finalizer");
        assert.ok(!known.running.has(name), "two operations run on one environment");
        assert.equal(metadata.deletionTimestamp !== undefined, action.request.kind === "destroy");
        assert.ok(
          action.request.kind === "destroy" || isAdmitted(stored.status) || sleeps(stored),
          "an operation starts without a place",
        );
        return this.#start(name, action.request, action.fingerprint, known);
      case "cancel": {
        const running = known.running.get(name);
        assert.ok(running && !running.isCancelled);
        running.isCancelled = true;
        running.endsAt = Math.min(running.endsAt, this.now + SECOND);
        return;
      }
      case "delete-object": {
        const { ttl } = spec;
        const warned = conditionOf(environment.status, "Expiring");
        assert.ok(ttl !== undefined && this.now >= Date.parse(metadata.creationTimestamp) + toMilliseconds(ttl));
        assert.equal(warned?.reason === "ExpiresSoon" || warned?.reason === "Expired", true, "deleted without notice");
        return this.delete(name);
      }
      case "remove-finalizer":
        assert.ok(metadata.deletionTimestamp !== undefined && !known.running.has(name));
        assert.ok(!this.stacks.has(name), "the finalizer is removed while the stack is there");
        this.objects.delete(name);
        known.due.delete(name);
    }
  }

  /** Marks an object as the API server does. */
  delete(name: string): void {
    const object = this.objects.get(name);
    if (!object || object.metadata.deletionTimestamp !== undefined) return;
    const { generation, finalizers = [] } = object.metadata;
    const deletionTimestamp = new Date(this.now).toISOString();
    if (finalizers.length === 0) this.objects.delete(name);
    else
      this.objects.set(name, {
        ...object,
        metadata: { ...object.metadata, generation: generation + 1, deletionTimestamp },
      });
    this.changed(name);
  }

  #start(name: string, request: OperationRequest, fingerprint: string | undefined, known: Process): void {
    const isLockedOut = (this.#orphans.get(name) ?? 0) > this.now;
    const fault = this.faults.get(name)?.shift();
    const lasts = isLockedOut ? SECOND : fault === "hangs" ? 10 * MINUTE : SECOND * (1 + 19 * this.#chance());
    if (!isLockedOut && request.kind !== "detect-drift") {
      this.stacks.set(name, { isDrifted: this.stacks.get(name)?.isDrifted ?? false });
    }
    known.running.set(name, {
      operation: {
        request,
        fingerprint,
        startedAt: new Date(this.now),
        cancelling: false,
        latest: {},
      },
      fault,
      isLockedOut,
      endsAt: this.now + lasts,
      isCancelled: false,
    });
  }

  #end(name: string, running: Running): void {
    const { operation } = running;
    const at = new Date(this.now);
    const outcome = this.#outcome(name, running);
    this.#process?.running.delete(name);
    this.#process?.ended.set(name, { request: operation.request, outcome, fingerprint: operation.fingerprint, at });
    this.changed(name);
  }

  #outcome(name: string, { operation, fault, isLockedOut, isCancelled }: Running): Outcome {
    const { kind, refresh, description } = operation.request;
    const stack = this.stacks.get(name);
    if (isLockedOut) return failure("StateLocked", "waiting");
    if (isCancelled) return failure("Cancelled", "transient");
    if (fault === "transient") return failure(kind === "destroy" ? "NamespaceHeld" : "UpdateFailed", "transient");
    if (fault === "waiting") return failure("StateLocked", "waiting");
    if (fault === "hangs") return failure("Timeout", "transient");
    if (fault === "lost") {
      this.#orphans.set(name, this.now + ORPHAN_MS);
      return failure("RunnerLost", "transient");
    }
    if (kind === "destroy") {
      this.stacks.delete(name);
      return { ok: true };
    }
    if (kind === "detect-drift") return { ok: true, drift: stack?.isDrifted ? ["Deployment/web: spec.replicas"] : [] };
    const images = Object.values(description?.services ?? {}).map(({ image }) => image);
    if (images.some(isBad)) return failure("PolicyViolation", "terminal");
    this.stacks.set(name, {
      fingerprint: operation.fingerprint,
      isAsleep: description?.asleep ?? false,
      isDrifted: refresh ? false : (stack?.isDrifted ?? false),
    });
    return { ok: true };
  }

  /** Crashes where it is time for it. */
  #crashes(): boolean {
    this.crashAfterSteps -= 1;
    if (this.crashAfterSteps > 0) return false;
    this.crash(SECOND * (1 + 60 * this.#chance()));
    return true;
  }

  #countDecision(name: string, dueAt: number): void {
    this.decisions += 1;
    const key = `${name} ${Math.floor(dueAt / MINUTE)}`;
    const count = (this.#decisionsInMinute.get(key) ?? 0) + 1;
    this.#decisionsInMinute.set(key, count);
    assert.ok(count <= MOST_IN_A_MINUTE, `${count} decisions about ${name} in a minute`);
  }

  #chance(): number {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#random / 2 ** 31;
  }
}
