import { addCapacities, type Capacity, NO_CAPACITY, parseQuantity } from "../../spec/index.ts";
import type { KubeManifest } from "../rendered-object.ts";

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: { readonly cpu?: string; readonly memory?: string } };
}

interface Spec {
  readonly replicas?: number;
  readonly minReplicas?: number;
  readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
  readonly template?: {
    readonly spec?: { readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[] };
  };
  readonly volumeClaimTemplates?: readonly { readonly spec?: Spec }[];
  readonly resources?: { readonly requests?: { readonly storage?: string } };
}

/**
 * What manifests reserve in a cluster, by what they request: pods that run all the time, and volumes. An autoscaled workload
 * counts with its fewest pods, a DaemonSet with the pod of one node; jobs end, and count with nothing.
 */
export function reservedBy(manifests: readonly KubeManifest[]): Capacity {
  const fewest = new Map(
    manifests
      .filter(({ kind }) => kind === "HorizontalPodAutoscaler")
      .map((manifest) => {
        const { scaleTargetRef, minReplicas = 1 } = specOf(manifest);
        return [`${manifest.metadata.namespace}/${scaleTargetRef?.kind}/${scaleTargetRef?.name}`, minReplicas];
      }),
  );
  return addCapacities(
    manifests.map((manifest) => {
      const { kind, metadata } = manifest;
      const spec = specOf(manifest);
      if (kind === "PersistentVolumeClaim") return { ...NO_CAPACITY, storage: storageOf(spec) };
      if (kind === "DaemonSet") return podsOf(spec, 1);
      if (kind !== "Deployment" && kind !== "StatefulSet") return NO_CAPACITY;
      return podsOf(spec, fewest.get(`${metadata.namespace}/${kind}/${metadata.name}`) ?? spec.replicas ?? 1);
    }),
  );
}

function podsOf({ template, volumeClaimTemplates = [] }: Spec, pods: number): Capacity {
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  // A sidecar runs as long as its pod; other init containers end before, and ask for no more than what follows.
  const running = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
  const each = addCapacities([
    ...running.map(({ resources }) => ({
      ...NO_CAPACITY,
      cpu: parseQuantity(resources?.requests?.cpu ?? "", "cpu") ?? 0,
      memory: parseQuantity(resources?.requests?.memory ?? "", "bytes") ?? 0,
    })),
    ...volumeClaimTemplates.map(({ spec = {} }) => ({ ...NO_CAPACITY, storage: storageOf(spec) })),
  ]);
  const { cpu, memory, storage } = each;
  return { pods, cpu: Math.round(cpu * pods * 1000) / 1000, memory: memory * pods, storage: storage * pods };
}

function storageOf({ resources }: Spec): number {
  return parseQuantity(resources?.requests?.storage ?? "", "bytes") ?? 0;
}

function specOf(manifest: KubeManifest): Spec {
  return (manifest as { readonly spec?: Spec }).spec ?? {};
}
