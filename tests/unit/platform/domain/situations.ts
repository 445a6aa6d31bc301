import { PREVIEW_ENVIRONMENT, type PreviewEnvironment, type PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import type { DomainSettings, Situation } from "../../../../platform/domain/decide.ts";
import type { OperationRequest, Outcome } from "../../../../platform/domain/operation.ts";

/** The time at which every example takes place, unless it says otherwise. */
export const NOW = new Date("2026-03-01T12:00:00.000Z");

/** The repository of every example. */
export const REPOSITORY = "https://git.example.com/team/shop";

/** The n-th commit of the repository. */
export function commit(n: number): string {
  return n.toString(16).padStart(40, "0");
}

/** A time some seconds after {@link NOW}. */
export function after(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}

/** The platform's settings: one repository, a service with a Postgres. */
export function settings(differing: Partial<DomainSettings> = {}): DomainSettings {
  return {
    repositories: {
      [REPOSITORY]: {
        base: {
          application: "shop",
          services: { web: { image: "team/shop:1.0.0", calls: ["postgres"] } },
          dataStores: { postgres: { engine: "postgres" } },
        },
        images: { "team/shop": "{commit}" },
      },
    },
    caps: {},
    ttl: { warningMs: 3_600_000 },
    drift: { mode: "ignore", intervalMs: 3_600_000 },
    retry: { waitingMs: 5_000, firstMs: 10_000, maxMs: 600_000 },
    supersedeAfterMs: 60_000,
    ...differing,
  };
}

/** Parts of an Environment object that an example is about. */
export interface EnvironmentParts {
  readonly name?: string;
  readonly metadata?: Partial<PreviewEnvironment["metadata"]>;
  readonly spec?: Partial<PreviewEnvironment["spec"]>;
  readonly status?: PreviewEnvironmentStatus;
}

/** An Environment object, created an hour ago, with its finalizer. */
export function environment({ name = "shop-1", metadata, spec, status }: EnvironmentParts = {}): PreviewEnvironment {
  return {
    apiVersion: `${PREVIEW_ENVIRONMENT.group}/${PREVIEW_ENVIRONMENT.version}`,
    kind: PREVIEW_ENVIRONMENT.kind,
    metadata: {
      name,
      namespace: "terrarium",
      uid: `uid-of-${name}`,
      generation: 1,
      resourceVersion: "1",
      creationTimestamp: after(-3600).toISOString(),
      finalizers: [PREVIEW_ENVIRONMENT.finalizer],
      ...metadata,
    },
    spec: { source: { repository: REPOSITORY, branch: "main", commit: commit(1) }, ...spec },
    ...(status ? { status } : {}),
  };
}

/** A situation in which an environment has its place under the caps, and nothing runs. */
export function situation(differing: Partial<Situation> = {}): Situation {
  return {
    environment: environment(),
    now: NOW,
    random: 0,
    admission: { admitted: true },
    settings: settings(),
    ...differing,
  };
}

/** An operation of the example's environment. */
export function request(kind: OperationRequest["kind"], differing: Partial<OperationRequest> = {}): OperationRequest {
  return { id: `${kind}-1`, kind, stack: "preview-shop-1", namespace: "preview-shop-1", ...differing };
}

/** An outcome that is no success. */
export function failure(
  reason: Extract<Outcome, { ok: false }>["reason"],
  retry: Extract<Outcome, { ok: false }>["retry"],
  message = "It did not work.",
): Outcome {
  return { ok: false, reason, retry, message };
}
