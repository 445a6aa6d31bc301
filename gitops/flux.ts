import { isSecret, keyOf, type KubeObject } from "./kube-object.ts";
import { holdsProtectedData, stageDependencies, type Stage } from "./stages.ts";
import { objectsOf, stagesOf, type StackObjects } from "./tree.ts";
import { toYaml } from "./yaml.ts";

/** Where Flux's own objects live, as `flux bootstrap` sets them up. */
export const FLUX_NAMESPACE = "flux-system";

/** The git repository that Flux reads, as `flux bootstrap` names it. */
export const FLUX_SOURCE = { kind: "GitRepository", name: FLUX_NAMESPACE } as const;

/** The Secret with the age key that Flux decrypts with. */
export const DECRYPTION = { provider: "sops", secretRef: { name: "sops-age" } } as const;

/** How often Flux compares cluster and repository, how soon it tries again, and how long a stage may take. */
export const INTERVALS = { interval: "10m", retryInterval: "1m", timeout: "10m" } as const;

/** Kinds that tell when they are ready. A volume without a pod is not among them: it is bound only with its first pod. */
const REPORTING = ["Deployment", "StatefulSet", "DaemonSet", "Job"];

/** The Flux objects that apply a stack's overlays, stage by stage, by path. */
export function fluxFiles(stack: StackObjects, repositoryPath: string): Map<string, string> {
  const folder = `flux/${stack.stack}`;
  const present = stagesOf(stack);
  const resources = present.map((stage) => `${stage}.yaml`);
  return new Map([
    ...present.map(
      (stage) => [`${folder}/${stage}.yaml`, toYaml(fluxKustomization(stage, stack, repositoryPath))] as const,
    ),
    [
      `${folder}/kustomization.yaml`,
      toYaml({ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources }),
    ],
  ]);
}

/** Name of the Flux object for a stage. */
export function fluxName(stage: Stage, { environment }: StackObjects): string {
  return `${environment.name}-${stage}`;
}

/** References to what must be ready before a stage. */
export function fluxDependencies(stage: Stage, stack: StackObjects): { readonly name: string }[] {
  const present = stagesOf(stack);
  return stageDependencies[stage]
    .filter((other) => present.includes(other))
    .map((other) => ({ name: fluxName(other, stack) }));
}

/** A path below the repository's top, as Flux wants it. */
export function fluxPath(repositoryPath: string, path: string): string {
  return [".", repositoryPath, path].filter((part) => part !== "").join("/");
}

/** @see https://fluxcd.io/flux/components/kustomize/kustomizations/ */
function fluxKustomization(stage: Stage, stack: StackObjects, repositoryPath: string): object {
  const objects = objectsOf(stage, stack);
  const reporting = objects
    .filter(({ kind }) => REPORTING.includes(kind))
    .map((object) => [keyOf(object), object] as const);
  const healthChecks = reporting.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => referenceTo(object));
  const dependsOn = fluxDependencies(stage, stack);
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: fluxName(stage, stack), namespace: FLUX_NAMESPACE },
    spec: {
      ...INTERVALS,
      sourceRef: FLUX_SOURCE,
      path: fluxPath(repositoryPath, `overlays/${stack.stack}/${stage}`),
      // What a destroy would refuse to delete, Flux leaves in the cluster.
      prune: !holdsProtectedData(stage, stack.environment),
      // A Job cannot be changed: one with another image or command takes the place of the one before.
      ...(stage === "migrations" ? { force: true } : {}),
      ...(dependsOn.length > 0 ? { dependsOn } : {}),
      ...(objects.some(isSecret) ? { decryption: DECRYPTION } : {}),
      ...(healthChecks.length > 0 ? { healthChecks } : { wait: true }),
    },
  };
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): object {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}
