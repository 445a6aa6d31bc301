import {
  InvalidSpecError,
  mapValues,
  mergePatch,
  parseImage,
  resolveEnvironment,
  resolvePreviewEnvironment,
  type EnvironmentRoute,
  type EnvironmentSpec,
  type PreviewEnvironment,
  type Problem,
  type ResolvedEnvironment,
  type ResolvedPreviewEnvironment,
} from "../../spec/index.ts";
import type { REJECTIONS } from "./conditions.ts";
import { isTimeZone } from "./cron-times.ts";
import { fingerprint } from "./fingerprint.ts";
import { approvalNeeded, forFork } from "./fork.ts";
import { applicationOf, fillIn, previewName, repositoryKey } from "./names.ts";
import type {
  BaseDescription,
  BaseService,
  DomainSettings,
  RepositorySeed,
  RepositorySettings,
  SleepSettings,
} from "./settings.ts";
import { SOURCE_BASE } from "./source-base.ts";

/** Name that stands for no data. */
const NO_SEED = "none";

/** What is to run for an Environment object, or why nothing can. */
export type Description =
  | {
      readonly ok: true;
      readonly spec: EnvironmentSpec;
      readonly fingerprint: string;
      /** Whether nothing of it runs. */
      readonly asleep: boolean;
      /** What the activator passes requests on to; undefined where there is none. */
      readonly routes?: readonly EnvironmentRoute[];
      /** Files with the secret values that it names, by key; undefined where it names none. */
      readonly secretFiles?: Readonly<Record<string, string>>;
      /** The commit in it; undefined: the branch's newest. */
      readonly commit?: string;
    }
  | { readonly ok: false; readonly reason: (typeof REJECTIONS)[number]; readonly message: string };

/**
 * Describes the environment that an object asks for: the repository's base description with the object's differences.
 *
 * @param asleep whether it is to sleep. @default false
 */
export function describe(environment: PreviewEnvironment, settings: DomainSettings, asleep = false): Description {
  try {
    const wanted = resolvePreviewEnvironment(environment.spec);
    const address = wanted.source.repository;
    const repository = settings.repositories[repositoryKey(address)];
    if (!repository) return { ok: false, reason: "UnknownRepository", message: unknownRepository(address) };
    checkTimeZone(wanted);
    const unapproved = approvalNeeded(environment.metadata.name, wanted);
    if (unapproved !== undefined) return { ok: false, reason: "ApprovalNeeded", message: unapproved };
    const composed = compose(environment.metadata.name, wanted, repository, settings);
    const spec: EnvironmentSpec = {
      ...(wanted.pullRequest?.fork ? forFork(composed) : composed),
      ...(asleep ? { asleep } : {}),
    };
    const resolved = resolveEnvironment(spec);
    const secretFiles = usedSecretFiles(spec, repository);
    return {
      ok: true,
      spec,
      fingerprint: fingerprint(spec),
      asleep,
      ...(activatorOf(settings) ? { routes: routesOf(resolved) } : {}),
      ...(secretFiles ? { secretFiles } : {}),
      commit: wanted.source.commit,
    };
  } catch (error) {
    if (!(error instanceof InvalidSpecError)) throw error;
    return { ok: false, reason: "InvalidSpec", message: error.message };
  }
}

/** Address of an environment's page; undefined where the platform has no pattern for it. */
export function urlOf(environment: string, { url }: Pick<DomainSettings, "url">): string | undefined {
  return url === undefined ? undefined : fillIn(url, { name: environment });
}

function compose(
  name: string,
  wanted: ResolvedPreviewEnvironment,
  repository: RepositorySettings,
  settings: DomainSettings,
): EnvironmentSpec {
  if (!repository.base && wanted.mode === "image") {
    const expected = '"source": the platform\'s configuration describes no services for this repository';
    throw invalid({ path: "mode", got: '"image"', expected });
  }
  const base = repository.base ?? SOURCE_BASE;
  const images = wanted.mode === "image" ? taggedImages(wanted, repository) : undefined;
  const services = mapValues(base.services ?? {}, (service) => withSource(withImage(service, images), wanted));
  checkServices(services, wanted);
  const url = urlOf(name, settings);
  const activator = activatorOf(settings);
  const seed = chosenSeed(wanted, repository);
  const differing = mergePatch(services, wanted.overrides?.services ?? {}) as NonNullable<EnvironmentSpec["services"]>;
  return {
    ...base,
    name: previewName(name),
    tier: "dev",
    application: base.application ?? applicationOf(wanted.source.repository),
    services: url === undefined ? differing : mapValues(differing, (service) => withHost(service, url)),
    dataStores: mapValues(base.dataStores ?? {}, (store, storeName) => ({
      ...store,
      ...(store.engine === "postgres" && storeName === seed?.dataStore ? firstData(seed) : {}),
      deletion: "delete" as const,
    })),
    migrations: mapValues(base.migrations ?? {}, (migration) => ({
      ...withImage(migration, images),
      seedTestCredentials: wanted.seed.testCredentials,
    })),
    ...(activator ? { network: behind(activator, base.network) } : {}),
    observability: previewObservability(base),
    quota: wanted.quota ?? base.quota ?? settings.quota,
  };
}

/** The data that a new environment starts with. @throws InvalidSpecError where the repository has none of that name. */
function chosenSeed(
  { seed: { data } }: ResolvedPreviewEnvironment,
  { seeds = {}, seed }: RepositorySettings,
): RepositorySeed | undefined {
  const name = data ?? seed ?? NO_SEED;
  if (name === NO_SEED) return undefined;
  const found = Object.hasOwn(seeds, name) ? seeds[name] : undefined;
  if (found) return found;
  const known = [...Object.keys(seeds), NO_SEED].join(", ");
  throw invalid({ path: "seed.data", got: JSON.stringify(name), expected: `a seed of the repository: ${known}` });
}

function firstData({ seed, snapshot }: RepositorySeed): Omit<RepositorySeed, "dataStore"> {
  return { ...(seed ? { seed } : {}), ...(snapshot ? { snapshot } : {}) };
}

/** The activator, where environments have addresses that lead to it. */
function activatorOf({ sleep, url }: DomainSettings): SleepSettings["activator"] {
  return url === undefined ? undefined : sleep?.activator;
}

/** The activator is the only way in, and the platform's gateway leads to it. */
function behind(
  { namespace, labels }: NonNullable<SleepSettings["activator"]>,
  network: EnvironmentSpec["network"],
): EnvironmentSpec["network"] {
  return { ...network, gateway: undefined, ingressNamespace: namespace, ingressPods: { ...labels } };
}

/** Where requests go, by the starts of their paths. */
function routesOf({ services }: ResolvedEnvironment): EnvironmentRoute[] {
  return Object.entries(services).flatMap(([service, { expose, ports }]) => {
    const port = ports[expose?.port ?? ""];
    return port === undefined ? [] : (expose?.paths ?? []).map((path) => ({ path, service, port }));
  });
}

/** @throws InvalidSpecError for a time zone that the tz database does not have: no pattern tells. */
function checkTimeZone({ sleep }: ResolvedPreviewEnvironment): void {
  const timeZone = sleep?.schedule?.timeZone;
  if (timeZone === undefined || isTimeZone(timeZone)) return;
  const expected = 'a time zone of the tz database such as "Europe/Berlin"';
  throw invalid({ path: "sleep.schedule.timeZone", got: JSON.stringify(timeZone), expected });
}

/** A stack of its own only where the base says so; it tells nobody of alerts, and watches no other preview. */
function previewObservability({ observability }: BaseDescription): EnvironmentSpec["observability"] {
  if (!observability?.alertmanager && !observability?.previews) return observability ?? { enabled: false };
  return { ...observability, alertmanager: { enabled: false }, previews: false };
}

/** Tags by image, for this commit. */
function taggedImages(
  { source }: ResolvedPreviewEnvironment,
  { images = {} }: RepositorySettings,
): Readonly<Record<string, string>> {
  const values = { commit: source.commit, branch: source.branch.replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 128) };
  const needsCommit = Object.values(images).some((pattern) => pattern.includes("{commit}"));
  if (needsCommit && source.commit === undefined) {
    throw invalid({ path: "source.commit", got: "nothing", expected: "the commit that images were built for" });
  }
  return mapValues(images, (pattern) => fillIn(pattern, values));
}

function withImage<T extends { readonly image: string }>(part: T, tags: Readonly<Record<string, string>> = {}): T {
  const repository = parseImage(part.image)?.repository ?? "";
  const tag = tags[repository];
  return tag === undefined ? part : { ...part, image: `${repository}:${tag}` };
}

/** In mode source a service's source is completed, in mode image it is left out: what was built is what runs. */
function withSource({ source, ...service }: BaseService, wanted: ResolvedPreviewEnvironment): BaseService {
  if (wanted.mode === "image" || source === undefined) return service;
  const seedTestCredentials = wanted.seed.testCredentials;
  return { ...service, source: { ...source, ...wanted.source, seedTestCredentials } };
}

function withHost<T extends NonNullable<EnvironmentSpec["services"]>[string]>(service: T, url: string): T {
  if (service.expose === undefined) return service;
  return { ...service, expose: { ...service.expose, hostnames: [new URL(url).hostname] } };
}

/** @throws InvalidSpecError where nothing is built in mode source, or an override is of no service. */
function checkServices(services: NonNullable<BaseDescription["services"]>, wanted: ResolvedPreviewEnvironment): void {
  const names = Object.keys(services);
  if (wanted.mode === "source" && !Object.values(services).some(({ source }) => source !== undefined)) {
    throw invalid({
      path: "mode",
      got: '"source"',
      expected: '"image": the platform\'s configuration has no service with a source for this repository',
    });
  }
  const unknown = Object.keys(wanted.overrides?.services ?? {}).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new InvalidSpecError(
    unknown.map((name) => ({ path: `overrides.services.${name}`, expected: names.join(", "), unknownKey: true })),
  );
}

/** Files of the values that services and seeds take from the configuration. @throws InvalidSpecError where it has no such file. */
function usedSecretFiles(
  { services = {}, dataStores = {} }: EnvironmentSpec,
  { secretFiles = {} }: RepositorySettings,
): Readonly<Record<string, string>> | undefined {
  const used: Record<string, string> = {};
  const problems: Problem[] = [];
  const use = (path: string, key: string): void => {
    const file = Object.hasOwn(secretFiles, key) ? secretFiles[key] : undefined;
    if (file !== undefined) used[key] = file;
    else problems.push(unknownSecret(path, key, secretFiles));
  };
  for (const [service, { secrets = {} }] of Object.entries(services)) {
    for (const [variable, source] of Object.entries(secrets))
      if ("config" in source) use(`services.${service}.secrets.${variable}.config`, source.config);
  }
  for (const [name, store] of Object.entries(dataStores)) {
    const key = store.engine === "postgres" ? store.seed?.dump?.config : undefined;
    if (key !== undefined) use(`dataStores.${name}.seed.dump.config`, key);
  }
  if (problems.length > 0) throw new InvalidSpecError(problems);
  return Object.keys(used).length === 0 ? undefined : used;
}

function unknownSecret(path: string, key: string, files: Readonly<Record<string, string>>): Problem {
  const known = Object.keys(files).join(", ") || "none is named";
  return {
    path,
    got: JSON.stringify(key),
    expected: `a key of the repository's secretFiles in the platform's configuration (${known}): add the file that holds the value`,
  };
}

function unknownRepository(address: string): string {
  return `The platform's configuration has no repository ${address}. Ask those who run the platform to add it, or correct spec.source.repository.`;
}

function invalid(problem: Problem): InvalidSpecError {
  return new InvalidSpecError([problem]);
}
