import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readBaseFile } from "./base-file.ts";
import { ClusterFactsError, readClusterFacts } from "./clusters/facts.ts";
import { InvalidSpecError, toEnvironmentSpec, type EnvironmentSpec } from "./spec/index.ts";
import { findCluster, readSecretValues, readStackConfig } from "./stack-config.ts";

/**
 * Pulumi records where each resource was made. Node formats those stacks itself; the hook that is loaded for compiled
 * programs searches source maps, which takes a sixth of the whole program and finds nothing in sources that run as they
 * are.
 */
Reflect.deleteProperty(Error, "prepareStackTrace");

/** Pods roll by the checksums in their annotations, so ConfigMaps and Secrets need no replacement to be noticed. */
const UPDATE_IN_PLACE = { enableConfigMapMutable: true, enableSecretMutable: true };

/** What the program reads of its surroundings. */
export interface ProgramArgs {
  /** @default the process's variables */
  readonly env: NodeJS.ProcessEnv;
  /** The checkout. @default the process's folder: the engine starts programs there */
  readonly folder: string;
  /** Is told of every Kubernetes object with all its values, secret ones in the clear. @default nobody is */
  readonly onObject?: (object: Promise<unknown>) => void;
}

/** The program: the engine calls it and shows what it returns as the stack's outputs. */
export default async function main(args?: ProgramArgs): Promise<Record<string, unknown>> {
  try {
    return await createEnvironment(args ?? { env: process.env, folder: process.cwd() });
  } catch (error) {
    // What is wrong with the configuration is said in full by the message; a stack trace would bury it.
    const isExplained = error instanceof InvalidSpecError || error instanceof ClusterFactsError;
    throw isExplained ? new pulumi.RunError(error.message) : error;
  }
}

async function createEnvironment({ env, folder, onObject }: ProgramArgs): Promise<Record<string, unknown>> {
  const project = pulumi.getProject();
  const config = readStackConfig(project);
  const base = readBaseFile(folder, config["base"]);
  const spec = toEnvironmentSpec({ stack: pulumi.getStack(), project, config, base });
  const secretValues = readSecretValues(config["secretValues"], project);
  const render = env["TERRARIUM_RENDER"];
  // Rendering asks only a cluster that is named for it.
  const isClusterUsed = render === undefined || env["TERRARIUM_CONTEXT"] !== undefined;
  const cluster = isClusterUsed ? findCluster(config, { env, folder }) : undefined;
  // The engine starts the provider, and kubectl asks the cluster, while this process loads the components.
  const provider = new k8s.Provider("cluster", {
    ...(cluster && render === undefined
      ? { kubeconfig: cluster.kubeconfig, context: cluster.context, clusterIdentifier: cluster.context }
      : { renderYamlToDirectory: render }),
    ...UPDATE_IN_PLACE,
  });
  const [facts, { Environment, listSecretKeys, tellOfObjects }] = await Promise.all([
    cluster && readClusterFacts({ ...cluster, env }),
    import("./components/index.ts"),
  ]);
  const rendering = onObject ? tellOfObjects(onObject) : listSecretKeys;
  const transform = render === undefined ? undefined : rendering;
  const environment = new Environment(
    String(spec["name"]),
    { spec: spec as EnvironmentSpec, secretValues, facts, transform },
    { provider },
  );
  return {
    namespace: environment.namespace,
    addresses: environment.urls,
    ...(environment.grafanaPassword ? { grafanaPassword: environment.grafanaPassword } : {}),
    testUserPasswords: environment.testUserPasswords,
  };
}
