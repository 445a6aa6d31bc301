import type { ClusterFacts } from "../../components/index.ts";
import type { OperationRequest } from "../domain/operation.ts";

/** The cluster that environments run in; without a kubeconfig the one whose pod this is. */
export interface TargetCluster {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string;
  /** Context of the file. @default the file's current one */
  readonly context?: string;
}

/** What is the same for all operations of a runner; complete and without defaults. */
export interface TaskSettings {
  readonly project: string;
  /** Namespace of the platform's Environment objects, which marks what is its own. */
  readonly platform: string;
  readonly state: {
    /** As Pulumi takes it. It may hold a password: it goes into the engine's environment, never into arguments. */
    readonly address: string;
    readonly secretsProvider: string;
    readonly passphraseFile?: string;
    readonly saveOnce: boolean;
  };
  readonly cluster: TargetCluster;
  readonly policyPacks: readonly string[];
  readonly parallel: number;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds that an operation gets to save its state when it is asked to stop. */
  readonly graceMs: number;
  readonly tools: {
    /** Path of Pulumi's command line. */
    readonly pulumi: string;
    readonly kubectl: string;
    /** Variables for both, beyond the process's own. */
    readonly env: Readonly<Record<string, string>>;
  };
  /** Pods of the platform itself: of them it is known when they are gone. @default nothing is known of other hosts */
  readonly platformPods?: {
    readonly namespace: string;
    /** Starts of their names, each with its hyphen at the end. */
    readonly prefixes: readonly string[];
  };
}

/** Everything that an operation's process is told, as one line of JSON. */
export interface OperationTask {
  readonly request: OperationRequest;
  readonly settings: TaskSettings;
  /** A folder of this operation alone, for temporary files too; whoever started it removes it, or itself where that one is gone. */
  readonly folder: string;
  /** What the cluster says of itself. */
  readonly facts: ClusterFacts;
  /** State of a stack that was just created: see new-stack.ts. @default Pulumi creates stacks */
  readonly sample?: string;
}
