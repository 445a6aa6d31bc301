import {
  capacityAsleep,
  addCapacities,
  estimateParts,
  NO_CAPACITY,
  resolveEnvironment,
  type Capacity,
  type PartCapacity,
  type PreviewEnvironment,
} from "../../spec/index.ts";
import { describe } from "../domain/describe.ts";
import { repositoryKey } from "../domain/names.ts";
import type { DomainSettings } from "../domain/settings.ts";

/** Estimates that are kept; environments of one repository share theirs unless they have overrides. */
const MOST_KEPT = 2_000;

/**
 * What is reserved for environments. It depends on the repository's description and the overrides alone, so that a list of a
 * thousand costs as much as the few different ones among them.
 */
export class Estimates {
  readonly #settings: () => DomainSettings;
  #of: DomainSettings | undefined;
  readonly #kept = new Map<string, readonly PartCapacity[]>();

  constructor(settings: () => DomainSettings) {
    this.#settings = settings;
  }

  /** What each part of an environment reserves while it is awake; none where it makes no environment. */
  partsOf({ apiVersion, kind, metadata, spec }: PreviewEnvironment): readonly PartCapacity[] {
    const settings = this.#settings();
    if (settings !== this.#of || this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#of = settings;
    const { source, mode, overrides } = spec;
    const key = JSON.stringify([repositoryKey(source.repository), mode, overrides]);
    const known = this.#kept.get(key);
    if (known) return known;
    const alike = { ...source, commit: source.commit ?? "0".repeat(40) };
    const description = describe({ apiVersion, kind, metadata, spec: { source: alike, mode, overrides } }, settings);
    const parts = description.ok ? estimateParts(resolveEnvironment(description.spec)) : [];
    this.#kept.set(key, parts);
    return parts;
  }

  /** What an environment reserves now: nothing while it waits in line, its volumes while it is asleep. */
  reservedBy(environment: PreviewEnvironment): Capacity {
    const phase: string | undefined = environment.status?.phase;
    if (phase === undefined || phase === "Queued") return NO_CAPACITY;
    const whole = addCapacities(this.partsOf(environment));
    return phase === "Asleep" ? capacityAsleep(whole) : whole;
  }
}
