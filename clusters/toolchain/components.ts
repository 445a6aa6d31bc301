import { actionlint, kubeconform, kubeScore, s3Server } from "./checker-recipes.ts";
import * as csiRecipes from "./csi-recipes.ts";
import * as exporterRecipes from "./exporter-recipes.ts";
import * as gitopsRecipes from "./gitops-recipes.ts";
import { plugins, type Plugin } from "./pulumi-home.ts";
import type { Recipe } from "./recipe.ts";
import * as recipes from "./recipes.ts";
import { traefik } from "./traefik-recipe.ts";
import { versions, type acceptedOfficial } from "./versions.ts";

/**
 * What a caller asks for. "pulumi" is the CLI, its language host and the kubernetes and random plugins; "control-plane" is
 * etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok; "node" is what real pods on this machine need; "csi" is
 * what a storage driver with snapshots runs beside it, with csi.proto, registration.proto and the definitions in snapshots/.
 */
export type ToolName =
  | "pulumi"
  | "kubectl"
  | "kwokctl"
  | "kind"
  | "kubeconform"
  | "kube-score"
  | "actionlint"
  | "s3-server"
  | "sops"
  | "age"
  | "flux"
  | "helm"
  | "control-plane"
  | "node"
  | "prometheus"
  | "alertmanager"
  | "loki"
  | "otelcol"
  | "kube-state-metrics"
  | "node-exporter"
  | "postgres-exporter"
  | "redis-exporter"
  | "traefik"
  | "csi";

/** What is installed as one. */
export interface Component {
  /** How it is built. */
  readonly recipe: Recipe;
  /** The machine's own tool that is taken in its place. */
  readonly official?: keyof typeof acceptedOfficial;
  /** Released version that an official download asks for, where there is one. */
  readonly downloadVersion?: string;
  /** Set for Pulumi's plugins, which Pulumi finds in its home and not on PATH. */
  readonly plugin?: Plugin;
}

/** Pulumi's CLI with its language host. */
export const pulumiCli: Component = {
  recipe: recipes.pulumi,
  official: "pulumi",
  downloadVersion: versions.pulumi,
};

const kwok: Component = { recipe: recipes.kwok };

const tools: Record<ToolName, readonly Component[]> = {
  pulumi: [
    pulumiCli,
    {
      recipe: recipes.kubernetesPlugin,
      plugin: plugins.kubernetes,
      downloadVersion: plugins.kubernetes.version,
    },
    {
      recipe: recipes.randomPlugin,
      plugin: plugins.random,
      downloadVersion: plugins.random.version,
    },
  ],
  kubectl: [{ recipe: recipes.kubectl, official: "kubectl" }],
  kwokctl: [kwok],
  kind: [{ recipe: recipes.kind, official: "kind" }],
  kubeconform: [{ recipe: kubeconform }],
  "kube-score": [{ recipe: kubeScore }],
  actionlint: [{ recipe: actionlint }],
  "s3-server": [{ recipe: s3Server }],
  sops: [{ recipe: gitopsRecipes.sops, official: "sops" }],
  age: [{ recipe: gitopsRecipes.age }],
  flux: [{ recipe: gitopsRecipes.flux }],
  helm: [{ recipe: gitopsRecipes.helm }],
  "control-plane": [{ recipe: recipes.kubernetes }, { recipe: recipes.etcd }, kwok],
  node: [
    { recipe: recipes.kubernetesNode },
    { recipe: recipes.calicoNode },
    { recipe: recipes.coredns },
    { recipe: recipes.localPathProvisioner },
    { recipe: recipes.podPrograms },
  ],
  prometheus: [{ recipe: recipes.prometheus }],
  alertmanager: [{ recipe: recipes.alertmanager }],
  loki: [{ recipe: recipes.loki }],
  otelcol: [{ recipe: recipes.otelcol }],
  "kube-state-metrics": [{ recipe: exporterRecipes.kubeStateMetrics }],
  "node-exporter": [{ recipe: exporterRecipes.nodeExporter }],
  "postgres-exporter": [{ recipe: exporterRecipes.postgresExporter }],
  "redis-exporter": [{ recipe: exporterRecipes.redisExporter }],
  traefik: [{ recipe: traefik }],
  csi: [
    { recipe: csiRecipes.csiSnapshotter },
    { recipe: csiRecipes.csiProvisioner },
    { recipe: csiRecipes.csiDefinitions },
  ],
};

/** The components of some tools, each once; those that take longest to build come first. */
export function componentsOf(needs: readonly ToolName[]): Component[] {
  const components = [...new Set(needs.flatMap((need) => tools[need]))];
  return components.sort((left, right) => right.recipe.coldSeconds - left.recipe.coldSeconds);
}
