import type { ResolvedEnvironment } from "./environment.ts";
import { exportersOf } from "./exporter-parts.ts";
import { OBSERVABILITY_SERVERS } from "./observability.ts";
import { parseQuantity } from "./quantity.ts";
import { ROLES_RESOURCES, type ResourceDefaults } from "./tiers.ts";

/** What is reserved for something: what nothing else in the cluster can have meanwhile. */
export interface Capacity {
  /** Pods that run all the time. */
  readonly pods: number;
  /** Cores that they request. */
  readonly cpu: number;
  /** Memory that they request, in bytes. */
  readonly memory: number;
  /** Sizes of the volumes, in bytes. */
  readonly storage: number;
}

/** A part of an environment, and what is reserved for it. */
export interface PartCapacity extends Capacity {
  /** Name of the service, the data store or the server. */
  readonly name: string;
  readonly kind: "service" | "data store" | "observability";
}

/** Nothing reserved. */
export const NO_CAPACITY: Capacity = { pods: 0, cpu: 0, memory: 0, storage: 0 };

/**
 * What is reserved for each part of an environment, from requests and volumes. An autoscaled service counts with its
 * fewest pods, the log collector and node_exporter with the pod of one node; jobs end, and count with nothing but a backup's volume. Pure.
 */
export function estimateParts(environment: ResolvedEnvironment): PartCapacity[] {
  const { services, dataStores, observability } = environment;
  const parts: PartCapacity[] = [];
  for (const [name, service] of Object.entries(services)) {
    const pods = service.scaling ? (service.scaling.minReplicas ?? service.replicas) : service.replicas;
    const each = [...service.volumes.map(({ size }) => size)];
    const shared = service.source?.cache ? bytes(service.source.cache.size) : 0;
    const reserved = reserve(pods, service.resources, each);
    parts.push({ name, kind: "service", ...reserved, storage: reserved.storage + shared });
  }
  for (const [name, store] of Object.entries(dataStores)) {
    const backup = store.engine === "postgres" && store.backup ? [store.backup.storage] : [];
    const main = reserve(1, store.resources, [store.storage.size, ...backup]);
    const beside = store.engine === "postgres" ? reserve(1, ROLES_RESOURCES, []) : NO_CAPACITY;
    parts.push({ name, kind: "data store", ...addCapacities([main, { ...beside, pods: 0 }]) });
  }
  for (const name of OBSERVABILITY_SERVERS) {
    const { enabled, resources, storage } = observability[name];
    if (enabled) parts.push({ name, kind: "observability", ...reserve(1, resources, [storage.size]) });
  }
  if (observability.collector.enabled && observability.loki.enabled)
    parts.push({ name: "log-collector", kind: "observability", ...reserve(1, observability.collector.resources, []) });
  for (const { name, settings } of exportersOf(environment))
    parts.push({ name, kind: "observability", ...reserve(1, settings.resources, []) });
  return parts;
}

/** What is reserved for a whole environment while it is awake: the sum of {@link estimateParts}. */
export function estimateCapacity(environment: ResolvedEnvironment): Capacity {
  return addCapacities(estimateParts(environment));
}

/** The sum of capacities. */
export function addCapacities(capacities: readonly Capacity[]): Capacity {
  return capacities.reduce<Capacity>(
    (sum, { pods, cpu, memory, storage }) => ({
      pods: sum.pods + pods,
      // Millicores are whole numbers, sums of their fractions are not.
      cpu: Math.round((sum.cpu + cpu) * 1000) / 1000,
      memory: sum.memory + memory,
      storage: sum.storage + storage,
    }),
    NO_CAPACITY,
  );
}

/** What stays reserved while nothing runs: the volumes. */
export function capacityAsleep({ storage }: Capacity): Capacity {
  return { ...NO_CAPACITY, storage };
}

/** @param volumes sizes of each pod's volumes. */
function reserve(pods: number, { requests }: ResourceDefaults, volumes: readonly string[]): Capacity {
  return {
    pods,
    cpu: Math.round(pods * (parseQuantity(requests.cpu, "cpu") ?? 0) * 1000) / 1000,
    memory: pods * bytes(requests.memory),
    storage: pods * volumes.reduce((sum, size) => sum + bytes(size), 0),
  };
}

function bytes(quantity: string): number {
  return parseQuantity(quantity, "bytes") ?? 0;
}
