import type { DiffSummary, EnvironmentSpec, StepTiming } from "../../spec/index.ts";

/** What an operation does with a stack. */
export type OperationKind =
  /** Lets the world be as the description says: preview, policies, plan, update. */
  | "apply"
  /** Removes every resource and the stack, and proves that they are gone. */
  | "destroy"
  /** Looks what differs between the stack and the cluster; changes nothing. */
  | "detect-drift";

/** One operation on one stack, complete: it runs in a process of its own that knows nothing else. */
export interface OperationRequest {
  /** Unique; appears in logs, status and names of Jobs. */
  readonly id: string;
  readonly kind: OperationKind;
  /** Name of the stack: the environment's. */
  readonly stack: string;
  /** Namespace that the environment has, or is to have. */
  readonly namespace: string;
  /** What is wanted; undefined for a destroy. */
  readonly description?: EnvironmentSpec;
  /** Paths of the files with the secret values that the description names, by key. The values stand nowhere else. @default {} */
  readonly secretFiles?: Readonly<Record<string, string>>;
  /** Whether an apply first compares the stack with the cluster, so that drift is repaired. @default false */
  readonly refresh?: boolean;
}

/** What an operation says while it runs, in this order; one JSON line each. */
export type OperationEvent =
  /** A part of the operation begins: unlock, preview, policy, apply, destroy, verify. */
  | { readonly type: "stage"; readonly stage: string; readonly at: string }
  /** A resource changes its state. */
  | {
      readonly type: "resource";
      /** Kubernetes kind and name, or Pulumi type and name: "Deployment/web". */
      readonly resource: string;
      readonly op: "create" | "update" | "replace" | "delete" | "read" | "refresh";
      readonly state: "started" | "done" | "failed";
      readonly at: string;
    }
  /** Where it stands: resources done of those that change. */
  | { readonly type: "progress"; readonly done: number; readonly total: number; readonly current: string }
  | { readonly type: "diff"; readonly diff: DiffSummary }
  | { readonly type: "steps"; readonly steps: readonly StepTiming[] }
  /** A line for the log; no secret is in it. */
  | { readonly type: "log"; readonly level: "info" | "warn" | "error"; readonly message: string }
  | { readonly type: "result"; readonly outcome: Outcome };

/** Why an operation failed. */
export type FailureReason =
  | "InvalidSpec"
  | "PolicyViolation"
  | "UpdateFailed"
  | "Timeout"
  | "OutOfMemory"
  | "StateLocked"
  | "ClusterUnavailable"
  /** The process that ran it ended without a word. */
  | "RunnerLost"
  | "Cancelled"
  | "DestroyFailed"
  | "NamespaceHeld"
  | "VolumeHeld"
  | "StackHeld";

/** What became of the data that a database starts with. */
export interface SeedReport {
  readonly reason: "Loaded" | "Restored" | "NotLoaded";
  /** For people; without secrets. */
  readonly message: string;
}

/** How an operation ended. */
export type Outcome =
  | {
      readonly ok: true;
      readonly diff?: DiffSummary;
      readonly steps?: readonly StepTiming[];
      /** Addresses by service, from the stack's outputs. */
      readonly addresses?: Readonly<Record<string, string>>;
      /** What became of the data that the database starts with. @default there is none, or nothing new is known of it */
      readonly seed?: SeedReport;
      /** What a look for drift found: "Deployment/web: spec.replicas". Empty: none. */
      readonly drift?: readonly string[];
    }
  | {
      readonly ok: false;
      readonly reason: FailureReason;
      /** For people: what, where, what to do. Without secrets. */
      readonly message: string;
      /**
       * What a next try can do. terminal: only a change of `spec` helps. waiting: something else must come first (a lock's
       * owner to end, a namespace to go). transient: the same may well succeed.
       */
      readonly retry: "terminal" | "waiting" | "transient";
      readonly diff?: DiffSummary;
      readonly steps?: readonly StepTiming[];
    };

/** An operation that runs. */
export interface RunningOperation {
  readonly request: OperationRequest;
  readonly startedAt: Date;
  /** Settles when it has ended and nothing of it is left; never rejects. */
  readonly done: Promise<Outcome>;
  /** Asks it to stop; after a grace period it is killed. Idempotent. */
  readonly cancel: (why: string) => void;
  /**
   * Leaves it to run on by itself. Nothing more is heard of it here, and `done` never settles; whoever starts the same again
   * takes it up. Undefined where it can't run without the process that started it.
   */
  readonly letGo?: () => void;
}

/** Runs operations: as child processes, or as Jobs. */
export interface Runner {
  /** @param listen gets every event but the result. */
  readonly start: (request: OperationRequest, listen: (event: OperationEvent) => void) => RunningOperation;
}
