import type { PreviewEnvironment, PreviewEnvironmentStatus } from "../spec/index.ts";
import { admit } from "./domain/admission.ts";
import { isAdmitted, isOutOfLine } from "./domain/conditions.ts";
import type { Admission, DomainSettings } from "./domain/decide.ts";

/**
 * Who has a place under the caps, computed over all environments when it is asked for after a change. Decisions that are
 * still being written count, so that two environments are never given the same place.
 */
export class Admissions {
  readonly #list: () => readonly PreviewEnvironment[];
  readonly #settings: () => DomainSettings;
  /** Statuses that are being written. */
  readonly #decided = new Map<string, PreviewEnvironmentStatus>();
  /** Environments that had no place at the last look. */
  #waiting: ReadonlySet<string> = new Set();
  #newlyAdmitted = new Set<string>();
  #current: ReadonlyMap<string, Admission> | undefined;

  constructor(list: () => readonly PreviewEnvironment[], settings: () => DomainSettings) {
    this.#list = list;
    this.#settings = settings;
  }

  /** Whether an environment has a place. */
  of(name: string): Admission {
    // One that came after the last look is looked at when its change is told.
    return this.#verdicts().get(name) ?? { admitted: false, position: 1, reason: "GlobalCap" };
  }

  /** Says that an environment, or the settings, changed. */
  outdated(): void {
    this.#current = undefined;
  }

  /** Takes down the status that an environment is about to get in place of the one that it has. */
  decided({ metadata, status: before }: PreviewEnvironment, status: PreviewEnvironmentStatus): void {
    this.#decided.set(metadata.name, status);
    // Most statuses change nothing about places.
    if (isAdmitted(before) !== isAdmitted(status) || isOutOfLine(before) !== isOutOfLine(status)) this.outdated();
  }

  /** Says that a status that was decided is written now. */
  written(name: string): void {
    this.#decided.delete(name);
  }

  /** Says that a status that was decided could not be written. */
  notWritten(name: string): void {
    this.#decided.delete(name);
    this.outdated();
  }

  /** Environments that have a place now and had none before; each is named once. */
  newlyAdmitted(): string[] {
    this.#verdicts();
    const names = [...this.#newlyAdmitted];
    this.#newlyAdmitted.clear();
    return names;
  }

  #verdicts(): ReadonlyMap<string, Admission> {
    if (this.#current) return this.#current;
    const environments = this.#list().map((environment) => {
      const status = this.#decided.get(environment.metadata.name);
      return status === undefined ? environment : { ...environment, status };
    });
    this.#current = admit(environments, this.#settings());
    const waiting = new Set<string>();
    for (const [name, { admitted }] of this.#current) {
      if (!admitted) waiting.add(name);
      else if (this.#waiting.has(name)) this.#newlyAdmitted.add(name);
    }
    this.#waiting = waiting;
    return this.#current;
  }
}
