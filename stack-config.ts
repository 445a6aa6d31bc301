import * as pulumi from "@pulumi/pulumi";
import { readClusterRecord } from "./clusters/record.ts";
import { InvalidSpecError, isSet } from "./spec/index.ts";

/** Where the environment goes. */
export interface TargetCluster {
  readonly context: string;
  /** Path of the kubeconfig. @default KUBECONFIG, else ~/.kube/config */
  readonly kubeconfig?: string;
}

/** Values that the engine hands over as JSON; others are texts as they are. */
const JSON_VALUE = /^(?:[{[]|(?:true|false)$)/;

/** All values of the stack's configuration that belong to this project, by key. */
export function readStackConfig(project: string): Record<string, unknown> {
  const prefix = `${project}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(
    own.map(([key, text]) => [key.slice(prefix.length), JSON_VALUE.test(text) ? JSON.parse(text) : text]),
  );
}

/**
 * The values that services name by key, as secrets.
 *
 * @throws InvalidSpecError when a value stands in the stack's file in the clear.
 */
export function readSecretValues(values: unknown, project: string): Record<string, pulumi.Output<string>> {
  if (!isSet(values)) return {};
  if (!isConfigSecret(`${project}:secretValues`)) {
    const expected = "encrypted values: set each with `pulumi config set --secret --path secretValues.<key>`";
    throw new InvalidSpecError([{ path: "secretValues", expected }]);
  }
  return Object.fromEntries(
    Object.entries(values as Record<string, string>).map(([key, value]) => [key, pulumi.secret(value)]),
  );
}

/**
 * The cluster that `terrarium up` chose, else the one that the configuration names, else the checkout's own; never just
 * the kubeconfig's current context.
 *
 * @throws InvalidSpecError when nobody named a cluster.
 */
export function findCluster(
  config: Readonly<Record<string, unknown>>,
  { env, folder }: { readonly env: NodeJS.ProcessEnv; readonly folder: string },
): TargetCluster {
  const { TERRARIUM_KUBECONFIG: kubeconfig, TERRARIUM_CONTEXT: context } = env;
  if (context) return { kubeconfig, context };
  if (isSet(config["context"])) {
    const path = config["kubeconfig"];
    return { context: String(config["context"]), kubeconfig: isSet(path) ? String(path) : undefined };
  }
  const record = readClusterRecord(folder);
  if (record) return record;
  const expected =
    "the kubeconfig context to run in: `pulumi config set context <name>`, or run `make up` for a local cluster";
  throw new InvalidSpecError([{ path: "context", expected }]);
}

/** Whether the engine was given a key's value encrypted. The SDK knows; its types leave the function out. */
function isConfigSecret(key: string): boolean {
  const runtime: unknown = pulumi.runtime;
  return (runtime as { isConfigSecret: (key: string) => boolean }).isConfigSecret(key);
}
