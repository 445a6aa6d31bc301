import { isDeepStrictEqual } from "node:util";
import { isMap } from "../spec/merge-patch.ts";
import { commonPart } from "./common-part.ts";
import { DECRYPTION, FLUX_NAMESPACE, FLUX_SOURCE, fluxDependencies, fluxName, fluxPath, INTERVALS } from "./flux.ts";
import { fileNameOf, isSecret, keyOf, type KubeObject } from "./kube-object.ts";
import { holdsProtectedData, namespaceOf, type Stage } from "./stages.ts";
import { objectsOf, stagesOf, toStages, type StackObjects, type Tree } from "./tree.ts";
import { toYaml } from "./yaml.ts";

/** Stands in charts for the name of the environment. */
const ENVIRONMENT = "((environment))";

/** The one template of every chart: the objects are values, which a release adds to. */
const TEMPLATE = `{{- range .Values.objects }}
---
{{ toYaml . | replace "${ENVIRONMENT}" $.Values.environment }}
{{- end }}
`;

/** Chart versions mean nothing here: Flux is told to compare the repository's revision. */
const VERSION = "0.1.0";

/**
 * A Helm chart for each stage, whose values are what all stacks share, and for each stack the HelmReleases with what it has for
 * itself. Namespaces and encrypted Secrets, which Helm could not decrypt, are applied beside the releases.
 *
 * @param repositoryPath where the export's folder lies in its git repository, e.g. "deploy"; "" for the top.
 */
export function helmTree(stacks: readonly StackObjects[], repositoryPath: string): Tree {
  const files = new Map<string, string>();
  const secrets = new Map<string, { stack: string; object: KubeObject }>();
  for (const { stage, stacks: having } of toStages(stacks)) {
    const values = having.map(({ stack }) => ({ stack, objects: chartObjects(stage, stack) }));
    const shared = commonPart(values.map(({ objects }) => objects)) ?? {};
    if (values.every(({ objects }) => Object.keys(objects).length === 0)) continue;
    files.set(
      `chart/${stage}/Chart.yaml`,
      toYaml({ apiVersion: "v2", name: stage, version: VERSION, type: "application" }),
    );
    files.set(`chart/${stage}/values.yaml`, toYaml({ environment: "", objects: shared }));
    files.set(`chart/${stage}/templates/objects.yaml`, TEMPLATE);
    for (const { stack, objects } of values) {
      const own = difference(shared, objects);
      files.set(`releases/${stack.stack}/${stage}.yaml`, toYaml(helmRelease({ stage, stack, own, repositoryPath })));
    }
  }
  for (const stack of stacks) {
    const folder = `releases/${stack.stack}`;
    const beside = stack.objects.filter((object) => !isCharted(object));
    for (const object of beside) {
      if (isSecret(object)) secrets.set(`${folder}/${fileNameOf(object)}`, { stack: stack.stack, object });
      else files.set(`${folder}/${fileNameOf(object)}`, toYaml(object));
    }
    const releases = stagesOf(stack)
      .map((stage) => `${stage}.yaml`)
      .filter((file) => files.has(`${folder}/${file}`));
    const resources = [...beside.map(fileNameOf).sort(), ...releases];
    const kustomization = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
    files.set(`${folder}/kustomization.yaml`, toYaml(kustomization));
    files.set(`flux/${stack.stack}.yaml`, toYaml(releasesKustomization(stack, repositoryPath)));
  }
  return { files, secrets };
}

/** Whether an object is part of a chart: those that releases need, or Helm can't read, are not. */
function isCharted(object: KubeObject): boolean {
  return object.kind !== "Namespace" && !isSecret(object);
}

/** A stage's objects by key, with the environment's name left open. */
function chartObjects(stage: Stage, stack: StackObjects): Record<string, unknown> {
  const objects = objectsOf(stage, stack).filter(isCharted);
  const text = JSON.stringify(
    Object.fromEntries(objects.map((object) => [keyOf(object), object] as const).sort(byName)),
  );
  if (text.includes(ENVIRONMENT))
    throw new Error(`${stack.stack} cannot be exported for Helm: an object has ${ENVIRONMENT}`);
  return JSON.parse(text.replaceAll(stack.environment.name, ENVIRONMENT)) as Record<string, unknown>;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What to lay over a part to get the whole, as Helm lays values over those of the chart: lists are replaced as a whole. */
function difference(part: unknown, whole: unknown): unknown {
  if (!isMap(part) || !isMap(whole)) return whole;
  const differing = Object.entries(whole).filter(([key, value]) => !isDeepStrictEqual(part[key], value));
  return Object.fromEntries(differing.map(([key, value]) => [key, difference(part[key], value)]));
}

interface ReleaseArgs {
  readonly stage: Stage;
  readonly stack: StackObjects;
  /** What the stack has beyond the chart's values. */
  readonly own: unknown;
  readonly repositoryPath: string;
}

/** @see https://fluxcd.io/flux/components/helm/helmreleases/ */
function helmRelease({ stage, stack, own, repositoryPath }: ReleaseArgs): object {
  const dependsOn = fluxDependencies(stage, stack);
  const remediation = { retries: 3 };
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: fluxName(stage, stack), namespace: FLUX_NAMESPACE },
    spec: {
      interval: INTERVALS.interval,
      timeout: INTERVALS.timeout,
      releaseName: fluxName(stage, stack),
      targetNamespace: namespaceOf(stage, stack.environment),
      chart: {
        spec: {
          chart: fluxPath(repositoryPath, `chart/${stage}`),
          reconcileStrategy: "Revision",
          sourceRef: FLUX_SOURCE,
        },
      },
      ...(dependsOn.length > 0 ? { dependsOn } : {}),
      install: { remediation },
      // A Job cannot be changed: one with another image or command takes the place of the one before.
      upgrade: { remediation, ...(stage === "migrations" ? { force: true } : {}) },
      driftDetection: { mode: "enabled" },
      values: { environment: stack.environment.name, objects: own },
    },
  };
}

function releasesKustomization(stack: StackObjects, repositoryPath: string): object {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: stack.environment.name, namespace: FLUX_NAMESPACE },
    spec: {
      ...INTERVALS,
      sourceRef: FLUX_SOURCE,
      path: fluxPath(repositoryPath, `releases/${stack.stack}`),
      // A release that is removed takes its objects along.
      prune: !stagesOf(stack).some((stage) => holdsProtectedData(stage, stack.environment)),
      decryption: DECRYPTION,
      wait: true,
    },
  };
}
