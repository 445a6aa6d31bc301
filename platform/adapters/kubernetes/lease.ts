import type { LeaseRecord, LeaseStore } from "../../leader-election.ts";
import { type Api, isNotFound } from "./api.ts";

/** A Lease object as the API server has it. */
interface Lease {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** Milliseconds for an answer: a leader must know soon enough that it can't renew. */
const TIMEOUT_MS = 4_000;

/** Keeps the leader's Lease in a namespace. */
export function kubernetesLease(api: Api, namespace: string, name: string): LeaseStore {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  return {
    async read() {
      try {
        return toRecord(await api.send<Lease>("GET", `${path}/${name}`, { timeoutMs: TIMEOUT_MS }));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async write(record) {
      const body = toLease(name, record);
      const request = { body, timeoutMs: TIMEOUT_MS };
      return toRecord(
        record.version === undefined
          ? await api.send<Lease>("POST", path, request)
          : await api.send<Lease>("PUT", `${path}/${name}`, request),
      );
    },
  };
}

function toRecord({ metadata, spec = {} }: Lease): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds = 0, acquireTime = 0, renewTime = 0, leaseTransitions = 0 } = spec;
  return {
    ...(holderIdentity ? { holder: holderIdentity } : {}),
    durationSeconds: leaseDurationSeconds,
    acquiredAt: new Date(acquireTime),
    renewedAt: new Date(renewTime),
    transitions: leaseTransitions,
    ...(metadata.resourceVersion === undefined ? {} : { version: metadata.resourceVersion }),
  };
}

function toLease(name: string, record: LeaseRecord): Lease & { apiVersion: string; kind: string } {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, ...(record.version === undefined ? {} : { resourceVersion: record.version }) },
    spec: {
      holderIdentity: record.holder ?? "",
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: toMicroTime(record.acquiredAt),
      renewTime: toMicroTime(record.renewedAt),
      leaseTransitions: record.transitions,
    },
  };
}

/** Kubernetes writes these with microseconds. */
function toMicroTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
