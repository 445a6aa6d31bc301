import { additions } from "./additions.ts";
import { commonPart } from "./common-part.ts";
import { fluxFiles } from "./flux.ts";
import { fileNameOf, isSecret, type KubeObject } from "./kube-object.ts";
import { toPatches, type KustomizePatch } from "./patches.ts";
import { namespaceOf } from "./stages.ts";
import { stagesOf, toStages, type SharedStage, type StackObjects, type Tree } from "./tree.ts";
import { toYaml } from "./yaml.ts";

/** Label that tells environments apart; kustomize sets it on what comes out of the base. */
const INSTANCE = "app.kubernetes.io/instance";

/**
 * A kustomize base of what all stacks share, for each an overlay of what it has for itself, and the Flux objects that apply
 * the overlays.
 *
 * @param repositoryPath where the export's folder lies in its git repository, e.g. "deploy"; "" for the top.
 */
export function kustomizeTree(stacks: readonly StackObjects[], repositoryPath: string): Tree {
  const files = new Map<string, string>();
  const secrets = new Map<string, { stack: string; object: KubeObject }>();
  for (const shared of toStages(stacks)) {
    const base = baseOf(shared);
    const bases = [...base.values()];
    if (bases.length > 0) {
      for (const object of bases) files.set(`base/${shared.stage}/${fileNameOf(object)}`, toYaml(object));
      const resources = bases.map(fileNameOf).sort();
      files.set(`base/${shared.stage}/kustomization.yaml`, kustomization({ resources }));
    }
    for (const { stack, objects } of shared.stacks) {
      const folder = `overlays/${stack.stack}/${shared.stage}`;
      const own = [...objects].filter(([key]) => !base.has(key)).map(([, object]) => object);
      for (const object of own) {
        const path = `${folder}/${fileNameOf(object)}`;
        if (isSecret(object)) secrets.set(path, { stack: stack.stack, object });
        else files.set(path, toYaml(object));
      }
      files.set(
        `${folder}/kustomization.yaml`,
        overlay({ stack, stage: shared.stage, base, objects, own: own.map(fileNameOf).sort() }),
      );
    }
  }
  for (const stack of stacks) {
    files.set(`overlays/${stack.stack}/kustomization.yaml`, kustomization({ resources: stagesOf(stack) }));
    for (const [path, text] of fluxFiles(stack, repositoryPath)) files.set(path, text);
  }
  return { files, secrets };
}

/** By key, what all stacks have in common of an object, without its namespace and the label of its environment. */
function baseOf({ shared, stacks }: SharedStage): Map<string, KubeObject> {
  return new Map(
    shared.map((key) => {
      const objects = stacks.flatMap((stack) => stack.objects.get(key) ?? []);
      return [key, withoutPlace(commonPart(objects) as KubeObject)];
    }),
  );
}

/** Without what the overlay's kustomization gives to all of its objects. */
function withoutPlace(object: KubeObject): KubeObject {
  const metadata = Object.entries(object.metadata).filter(([field]) => field !== "namespace" && field !== "labels");
  const labels = Object.entries(object.metadata.labels ?? {}).filter(([label]) => label !== INSTANCE);
  const kept = labels.length > 0 ? { labels: Object.fromEntries(labels) } : {};
  return { ...object, metadata: { ...(Object.fromEntries(metadata) as { name: string }), ...kept } };
}

interface OverlayArgs {
  readonly stack: StackObjects;
  readonly stage: SharedStage["stage"];
  readonly base: ReadonlyMap<string, KubeObject>;
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Files of the objects that are not in the base. */
  readonly own: readonly string[];
}

function overlay({ stack, stage, base, objects, own }: OverlayArgs): string {
  const { environment } = stack;
  const namespace = namespaceOf(stage, environment);
  const patches = toPatches(
    [...base].map(([key, part]) => {
      const object = objects.get(key) as KubeObject;
      const { namespace: placed, ...metadata } = object.metadata;
      if (placed !== namespace) throw new Error(`${object.kind} ${metadata.name} of ${stage} is not in ${namespace}`);
      const { [INSTANCE]: instance, ...labels } = metadata.labels ?? {};
      if (instance !== environment.name)
        throw new Error(`${object.kind} ${metadata.name} is not labelled as ${environment.name}'s`);
      return { object, additions: additions(part, { ...object, metadata: { ...metadata, labels } }) };
    }),
  );
  return kustomization({
    namespace,
    labels: [{ pairs: { [INSTANCE]: environment.name } }],
    resources: [...(base.size > 0 ? [`../../../base/${stage}`] : []), ...own],
    ...(patches.length > 0 ? { patches } : {}),
  });
}

interface KustomizationContent {
  readonly namespace?: string;
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly resources: readonly string[];
  readonly patches?: readonly KustomizePatch[];
}

function kustomization(content: KustomizationContent): string {
  return toYaml({ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", ...content });
}
