import { backupName, logNamespaceOf, type ResolvedEnvironment } from "../spec/index.ts";
import type { KubeObject } from "./kube-object.ts";

/** The steps in which an environment comes up, in order. Each is a folder, and one Flux object. */
export const stages = ["foundation", "data-stores", "migrations", "services", "observability", "logs"] as const;

/** One of the {@link stages}. */
export type Stage = (typeof stages)[number];

/** What must be ready before a stage begins; stages that an environment has not are passed over. */
export const stageDependencies: Readonly<Record<Stage, readonly Stage[]>> = {
  foundation: [],
  "data-stores": ["foundation"],
  migrations: ["foundation", "data-stores"],
  services: ["foundation", "data-stores", "migrations"],
  observability: ["foundation"],
  logs: ["observability"],
};

/** Label of the part that an object belongs to. */
const PART = "app.kubernetes.io/name";

/** Label of a part's role. */
const ROLE = "app.kubernetes.io/component";

/** Stages by the role of what belongs to no data store, migration or service. */
const STAGE_BY_ROLE: Readonly<Record<string, Stage>> = {
  namespace: "foundation",
  network: "foundation",
  observability: "observability",
};

/**
 * The stage that an object of an environment belongs to.
 *
 * @throws Error when its labels do not say.
 */
export function stageOf(object: KubeObject, environment: ResolvedEnvironment): Stage {
  const { kind, metadata } = object;
  const namespace = kind === "Namespace" ? metadata.name : metadata.namespace;
  if (namespace !== undefined && namespace === logNamespaceOf(environment)) return "logs";
  const [part = "", role = ""] = [metadata.labels?.[PART], metadata.labels?.[ROLE]];
  const belongsTo = (parts: Readonly<Record<string, unknown>>): boolean => Object.hasOwn(parts, part);
  if (belongsTo(environment.services)) return "services";
  if (belongsTo(environment.migrations)) return "migrations";
  const isStore = Object.keys(environment.dataStores).some((name) => [name, backupName(name)].includes(part));
  const stage = isStore ? "data-stores" : STAGE_BY_ROLE[role];
  if (stage === undefined) throw new Error(`${kind} ${metadata.name} belongs to no part of ${environment.name}`);
  return stage;
}

/** The namespace of a stage's objects. */
export function namespaceOf(stage: Stage, environment: ResolvedEnvironment): string {
  return (stage === "logs" ? logNamespaceOf(environment) : undefined) ?? environment.name;
}

/** Whether a destroy of the environment would be refused because this stage holds data. */
export function holdsProtectedData(stage: Stage, { dataStores }: ResolvedEnvironment): boolean {
  const isHeld = stage === "foundation" || stage === "data-stores";
  return isHeld && Object.values(dataStores).some(({ deletion }) => deletion === "protect");
}
