import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readBaseFile } from "./base-file.ts";
import { ClusterFactsError, readClusterFacts } from "./clusters/facts.ts";
import { readClusterRecord } from "./clusters/record.ts";
import { Environment, listSecretKeys } from "./components/index.ts";
import { InvalidSpecError, isSet, toEnvironmentSpec, type EnvironmentSpec } from "./spec/index.ts";

/**
 * Pulumi records where each resource was made. Node formats those stacks itself; the hook that is loaded for compiled
 * programs searches source maps, which takes a sixth of the whole program and finds nothing in sources that run as they
 * are.
 */
Reflect.deleteProperty(Error, "prepareStackTrace");

/** Pods roll by the checksums in their annotations, so ConfigMaps and Secrets need no replacement to be noticed. */
const UPDATE_IN_PLACE = { enableConfigMapMutable: true, enableSecretMutable: true };

/** The program: the engine calls it and shows what it returns as the stack's outputs. */
export default async function main(): Promise<Record<string, unknown>> {
  try {
    return await createEnvironment();
  } catch (error) {
    // What is wrong with the configuration is said in full by the message; a stack trace would bury it.
    throw error instanceof InvalidSpecError || error instanceof ClusterFactsError
      ? new pulumi.RunError(error.message)
      : error;
  }
}

async function createEnvironment(): Promise<Record<string, unknown>> {
  const project = pulumi.getProject();
  const config = readConfig(project);
  const spec = toEnvironmentSpec({
    stack: pulumi.getStack(),
    project,
    config,
    base: readBaseFile(process.cwd(), config["base"]),
  });
  const secretValues = readSecretValues(config["secretValues"], project);
  const render = process.env["TERRARIUM_RENDER"];
  const cluster = render === undefined ? findCluster(config) : undefined;
  const facts = cluster && (await readClusterFacts({ ...cluster, env: process.env }));
  const provider = new k8s.Provider(
    "cluster",
    cluster
      ? {
          kubeconfig: cluster.kubeconfig,
          context: cluster.context,
          clusterIdentifier: cluster.context,
          ...UPDATE_IN_PLACE,
        }
      : { renderYamlToDirectory: render, ...UPDATE_IN_PLACE },
  );
  const environment = new Environment(
    String(spec["name"]),
    {
      spec: spec as EnvironmentSpec,
      secretValues,
      facts,
      transform: render === undefined ? undefined : listSecretKeys,
    },
    { provider },
  );
  return {
    namespace: environment.namespace,
    addresses: environment.urls,
    ...(environment.grafanaPassword ? { grafanaPassword: environment.grafanaPassword } : {}),
    testUserPasswords: environment.testUserPasswords,
  };
}

/** All values of the stack's configuration that belong to this project, by key. */
function readConfig(project: string): Record<string, unknown> {
  const prefix = `${project}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(
    own.map(([key, text]) => [key.slice(prefix.length), text.startsWith("{") ? JSON.parse(text) : text]),
  );
}

function readSecretValues(values: unknown, project: string): Record<string, pulumi.Output<string>> {
  if (!isSet(values)) return {};
  const encrypted = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  if (!encrypted.includes(`${project}:secretValues`)) {
    const expected = "encrypted values: set each with `pulumi config set --secret --path secretValues.<key>`";
    throw new InvalidSpecError([{ path: "secretValues", expected }]);
  }
  return Object.fromEntries(
    Object.entries(values as Record<string, string>).map(([key, value]) => [key, pulumi.secret(value)]),
  );
}

/** The cluster that `terrarium up` chose, else the one that the configuration names, else the checkout's own. */
function findCluster(config: Record<string, unknown>): { kubeconfig?: string; context: string } {
  const { TERRARIUM_KUBECONFIG: kubeconfig, TERRARIUM_CONTEXT: context } = process.env;
  if (context) return { kubeconfig, context };
  if (isSet(config["context"])) {
    return {
      context: String(config["context"]),
      kubeconfig: isSet(config["kubeconfig"]) ? String(config["kubeconfig"]) : undefined,
    };
  }
  const record = readClusterRecord(process.cwd());
  if (record) return record;
  throw new InvalidSpecError([
    {
      path: "context",
      expected:
        "the kubeconfig context to run in: `pulumi config set context <name>`, or run `make up` for a local cluster",
    },
  ]);
}
