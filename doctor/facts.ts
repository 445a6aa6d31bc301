import type {
  CoreV1Event,
  V1ConfigMap,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1ResourceQuota,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V1StorageClass,
} from "@kubernetes/client-node";
import type { Condition, ConditionType, Edge } from "../spec/index.ts";
import type { LockFinding } from "../stacks/lock-doctor.ts";
import type { StateResource } from "../stacks/pending-operations.ts";
import type { RouteReport } from "../stacks/route-status.ts";
import type { Seen } from "./seen.ts";

/** The kinds of objects that are looked at, by name. */
export interface Kinds {
  ConfigMap: V1ConfigMap;
  CronJob: V1CronJob;
  DaemonSet: V1DaemonSet;
  Deployment: V1Deployment;
  Event: CoreV1Event;
  Job: V1Job;
  Namespace: V1Namespace;
  NetworkPolicy: V1NetworkPolicy;
  Node: V1Node;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
  Pod: V1Pod;
  PodDisruptionBudget: V1PodDisruptionBudget;
  ReplicaSet: V1ReplicaSet;
  ResourceQuota: V1ResourceQuota;
  Service: V1Service;
  ServiceAccount: V1ServiceAccount;
  StatefulSet: V1StatefulSet;
  StorageClass: V1StorageClass;
}

/** See {@link Kinds}. */
export type Kind = keyof Kinds;
/** What was seen of an object of a kind. */
export type SeenObject<K extends Kind> = Seen<Kinds[K]>;

/** A Secret without its values. */
export interface SecretKeys {
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** The last lines that a container wrote, secrets blotted out. */
export interface ContainerLog {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly lines: readonly string[];
}

/** A pod that Prometheus can't read. */
export interface DownTarget {
  readonly service: string;
  readonly pod: string;
  readonly error: string;
}

/** An alert that fires. */
export interface FiringAlert {
  readonly name: string;
  readonly service?: string;
  readonly summary: string;
  readonly severity: string;
}

/** What the engine's state says of the stack. */
export interface StateFacts {
  readonly resources: readonly StateResource[];
  /** Operations that an interrupted update left open, e.g. "creating Secret web". */
  readonly pending: readonly string[];
}

/** How full the volume of a claim is. */
export interface VolumeUsage {
  readonly namespace: string;
  readonly claim: string;
  readonly usedBytes: number;
  readonly capacityBytes: number;
}

/** A source that could not be read, and why. */
export interface Unread {
  readonly source: string;
  readonly why: string;
}

/** What the environment is, and how people reach it: the commands that findings tell to copy begin so. */
export interface Target {
  /** Name of the environment, which is that of its namespace. */
  readonly name: string;
  /** Command that brings what runs in line with what is wanted. */
  readonly repair: string;
  /** Start of kubectl's command line. */
  readonly kubectl: string;
  /** Start of Terrarium's options that name the environment's stack; undefined for preview environments. */
  readonly stack?: string;
}

/**
 * Everything that is known of an environment at one moment. A source that could not be read leaves its part out, and is named
 * in {@link unread}.
 */
export interface Facts {
  readonly target: Target;
  readonly now: Date;
  /** Whether it is to have no pods. @default false */
  readonly asleep?: boolean;
  /** Why there is no cluster to look at; then nothing else is known of it. */
  readonly clusterProblem?: string;
  /** Declared connections by name. @default those that network policies open */
  readonly calls?: readonly Pick<Edge, "from" | "to">[];
  /** Objects by kind; a kind that was not read is missing. */
  readonly objects: { readonly [K in Kind]?: readonly SeenObject<K>[] };
  readonly secrets?: readonly SecretKeys[];
  /** What gateways say of the environment's HTTPRoutes; nobody answers for those of a simulated cluster. */
  readonly routes?: readonly RouteReport[];
  /** Keys that the configuration puts into the Secrets of services: a pod takes them all at once, and names none. */
  readonly secretNeeds?: readonly Omit<SecretKeys, "namespace">[];
  readonly state?: StateFacts;
  readonly locks?: readonly LockFinding[];
  readonly downTargets?: readonly DownTarget[];
  readonly alerts?: readonly FiringAlert[];
  readonly volumes?: readonly VolumeUsage[];
  /** What the platform service says of a preview environment. */
  readonly conditions?: readonly Condition[];
  readonly logs: readonly ContainerLog[];
  readonly unread: readonly Unread[];
}

/** Objects of a kind; none where the kind was not read. */
export function list<K extends Kind>({ objects }: Pick<Facts, "objects">, kind: K): readonly SeenObject<K>[] {
  const found: readonly SeenObject<K>[] | undefined = objects[kind];
  return found ?? [];
}

/** What the platform service says of one side of a preview environment. */
export function conditionIn(
  { conditions = [] }: Pick<Facts, "conditions">,
  type: ConditionType,
): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}
