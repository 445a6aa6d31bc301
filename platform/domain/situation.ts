import type { DiffSummary, PreviewEnvironment, PreviewEnvironmentStatus, StepTiming } from "../../spec/index.ts";
import type { OperationRequest, Outcome } from "./operation.ts";
import type { DomainSettings } from "./settings.ts";

/** Whether an environment has a place under the caps; if not, its place in the line of the cap that it waits for. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      /** From 1, among those that wait for the same cap. */
      readonly position: number;
      readonly reason: "GlobalCap" | "RepositoryCap" | "UserCap";
    };

/** What an operation has said of itself so far. */
export interface OperationProgress {
  /** For people: "12 of 30: Deployment/web". */
  readonly progress?: string;
  readonly diff?: DiffSummary;
  readonly steps?: readonly StepTiming[];
}

/** The operation that runs on an environment, started by this process or found running. */
export interface OperationInFlight {
  readonly request: OperationRequest;
  readonly startedAt: Date;
  /** Of the description that it applies, as the action that started it had it, or `status.operation.fingerprint`. */
  readonly fingerprint?: string;
  /** Whether it was asked to stop. */
  readonly cancelling: boolean;
  readonly latest: OperationProgress;
}

/** An operation that ended, and that the status doesn't tell of yet. */
export interface EndedOperation {
  readonly request: OperationRequest;
  readonly outcome: Outcome;
  /** See {@link OperationInFlight.fingerprint}. */
  readonly fingerprint?: string;
  readonly at: Date;
}

/** All that a decision depends on. */
export interface Situation {
  readonly environment: PreviewEnvironment;
  readonly now: Date;
  /** A random number from 0 to below 1, so that what fails together isn't tried again together. */
  readonly random: number;
  readonly running?: OperationInFlight;
  readonly ended?: EndedOperation;
  /** Computed by `admit` over all environments, with their statuses as last decided. */
  readonly admission: Admission;
  /** Whether the runner has room for one more operation. @default true */
  readonly mayStart?: boolean;
  readonly settings: DomainSettings;
}

/** Something to be done. Doing it again does no harm. */
export type Action =
  | { readonly do: "add-finalizer" }
  | { readonly do: "start"; readonly request: OperationRequest; readonly fingerprint?: string }
  | { readonly do: "cancel"; readonly why: string }
  /** Only the very version that was decided on: somebody may just have extended its time. */
  | { readonly do: "delete-object"; readonly why: string }
  | { readonly do: "remove-finalizer" };

/** A Kubernetes Event about an environment. */
export interface EnvironmentEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/**
 * What comes next. The status is written first, and only onto the version of the object that was decided on; when that
 * has failed nothing else is done and it is decided anew. Then the actions follow in order, then the events.
 */
export interface Decision {
  readonly status: PreviewEnvironmentStatus;
  readonly actions: readonly Action[];
  /** When to decide again without a change, in milliseconds; undefined: not before something changes. */
  readonly requeueAfterMs?: number;
  readonly events: readonly EnvironmentEvent[];
}
