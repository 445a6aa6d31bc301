import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Environment, toCanonicalForm, type Transform } from "../../components/index.ts";
import type { EnvironmentSpec } from "../../spec/index.ts";
import { labelNamespaces, namespaceLabels } from "./namespace-labels.ts";
import type { SecretValues } from "./secret-values.ts";
import type { OperationTask } from "./task.ts";

/** The inline program of one operation. */
export interface Program {
  /** What the engine runs, once for the preview and once for the update. */
  readonly run: () => Promise<void>;
  /** What is wrong with the description, once {@link run} has met it. */
  readonly invalid: () => Error | undefined;
  /** Addresses of the parts inside the cluster, by name, once {@link run} has made them. */
  readonly addresses: () => Readonly<Record<string, string>>;
}

/** What a program's secrets come from, and go to. */
export interface ProgramSecrets {
  /** Values that the description names, by key. */
  readonly values: Readonly<Record<string, string>>;
  /** Takes every value that goes into a Secret. */
  readonly secrets: SecretValues;
}

/** The same components as every other stack's, with the cluster that the task names. */
export function createProgram(
  task: OperationTask,
  description: EnvironmentSpec,
  { values, secrets }: ProgramSecrets,
): Program {
  const { cluster, project } = task.settings;
  const label = labelNamespaces(namespaceLabels(task));
  const transform: Transform = (child) => {
    if (child.type === "kubernetes:core/v1:Secret") note(child.props["stringData"], secrets);
    return toCanonicalForm({ ...child, props: label(child) ?? child.props });
  };
  let invalid: Error | undefined;
  let addresses: Readonly<Record<string, string>> = {};
  return {
    run: () => {
      const provider = new k8s.Provider("cluster", {
        kubeconfig: cluster.kubeconfig,
        context: cluster.context,
        // The name of a context may change; the cluster stays the same.
        clusterIdentifier: project,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
      });
      try {
        const args = { spec: description, secretValues: values, facts: task.facts, transform };
        addresses = new Environment(task.request.stack, args, { provider }).urls;
      } catch (error) {
        invalid = error instanceof Error ? error : new Error(String(error));
        return Promise.reject(new pulumi.RunError(invalid.message));
      }
      return Promise.resolve();
    },
    invalid: () => invalid,
    addresses: () => addresses,
  };
}

function note(values: unknown, secrets: SecretValues): void {
  pulumi.output(values as pulumi.Input<Record<string, string>>).apply((known) => {
    for (const value of Object.values(known)) secrets.add(value);
  });
}
