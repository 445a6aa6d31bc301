import type { PreviewEnvironment } from "../../spec/index.ts";
import { isAdmitted, isOutOfLine } from "./conditions.ts";
import { repositoryKey } from "./names.ts";
import type { DomainSettings } from "./settings.ts";
import type { Admission } from "./situation.ts";

/**
 * Finds which environments have, or get, a place under the caps; the others get their places in line. Who has one keeps
 * it until it sleeps or is gone, even where caps were lowered. The rest is served by age; who is held up by the cap of a
 * repository or user alone holds up nobody else.
 *
 * @param environments all of them, with their statuses as last decided: a decision that is being written counts.
 * @returns verdicts by name.
 */
export function admit(
  environments: Iterable<PreviewEnvironment>,
  settings: Pick<DomainSettings, "caps" | "repositories">,
): ReadonlyMap<string, Admission> {
  const places = new Places(settings);
  const verdicts = new Map<string, Admission>();
  const waiting: PreviewEnvironment[] = [];
  for (const environment of environments) {
    if (isAdmitted(environment.status)) {
      places.take(environment);
      verdicts.set(environment.metadata.name, { admitted: true });
    } else {
      waiting.push(environment);
    }
  }
  const lines = new Map<string, number>();
  for (const environment of waiting.toSorted(byAge)) {
    const obstacle = places.obstacle(environment);
    const ahead = obstacle === undefined ? 0 : (lines.get(obstacle.line) ?? 0);
    verdicts.set(
      environment.metadata.name,
      obstacle === undefined ? { admitted: true } : { admitted: false, reason: obstacle.reason, position: ahead + 1 },
    );
    if (!standsInLine(environment)) continue;
    if (obstacle) lines.set(obstacle.line, ahead + 1);
    // Whoever waits for the global cap comes before the younger ones of the same repository and user, too.
    if (obstacle === undefined || obstacle.reason === "GlobalCap") places.take(environment);
  }
  return verdicts;
}

/** Who is being deleted or sleeps needs no place any more; who was rejected joins the line once that is mended. */
function standsInLine({ metadata, status }: PreviewEnvironment): boolean {
  return metadata.deletionTimestamp === undefined && !isOutOfLine(status);
}

/** By creation; by name within the second that the API server counts in. */
function byAge({ metadata: a }: PreviewEnvironment, { metadata: b }: PreviewEnvironment): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

/** A cap, and who counts for it. */
interface Limit {
  readonly reason: Extract<Admission, { readonly admitted: false }>["reason"];
  readonly line: string;
  readonly cap?: number;
}

/** Counts places that are taken. */
class Places {
  readonly #settings: Pick<DomainSettings, "caps" | "repositories">;
  readonly #taken = new Map<string, number>();
  readonly #all: Limit;
  /** By address as people write it. */
  readonly #repositories = new Map<string, Limit>();

  constructor(settings: Pick<DomainSettings, "caps" | "repositories">) {
    this.#settings = settings;
    this.#all = { reason: "GlobalCap", line: "all", cap: settings.caps.global };
  }

  take(environment: PreviewEnvironment): void {
    for (const { line } of this.#limits(environment)) this.#taken.set(line, this.#count(line) + 1);
  }

  /** What is in an environment's way: the narrowest cap that is used up, which its people can do most about. */
  obstacle(environment: PreviewEnvironment): Limit | undefined {
    return this.#limits(environment).find(({ line, cap = Infinity }) => this.#count(line) >= cap);
  }

  #count(line: string): number {
    return this.#taken.get(line) ?? 0;
  }

  #limits({ spec }: PreviewEnvironment): Limit[] {
    const { owner, source } = spec;
    const user: Limit[] =
      owner === undefined ? [] : [{ reason: "UserCap", line: `user ${owner}`, cap: this.#settings.caps.perUser }];
    return [...user, this.#repository(source.repository), this.#all];
  }

  #repository(address: string): Limit {
    const known = this.#repositories.get(address);
    if (known) return known;
    const { caps, repositories } = this.#settings;
    const key = repositoryKey(address);
    const cap = repositories[key]?.cap ?? caps.perRepository;
    const limit: Limit = { reason: "RepositoryCap", line: `repository ${key}`, cap };
    this.#repositories.set(address, limit);
    return limit;
  }
}
