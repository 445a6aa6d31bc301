import type { Addition } from "./additions.ts";
import { groupOf, type KubeObject } from "./kube-object.ts";
import { toYaml } from "./yaml.ts";

/** A patch as a kustomization has it: what it is for, and its operations as YAML. */
export interface KustomizePatch {
  readonly target: { readonly group?: string; readonly version: string; readonly kind: string; readonly name: string };
  readonly patch: string;
}

/** An object and what is to be added to it. */
export interface Change {
  readonly object: KubeObject;
  readonly additions: readonly Addition[];
}

/**
 * As few patches as say the same: additions that are equal for several objects of a kind stand once, and those for the same
 * objects stand together.
 */
export function toPatches(changes: readonly Change[]): KustomizePatch[] {
  const byAddition = new Map<string, { addition: Addition; objects: KubeObject[] }>();
  for (const { object, additions } of changes) {
    for (const addition of additions) {
      const key = JSON.stringify([object.apiVersion, object.kind, addition]);
      const entry = byAddition.get(key) ?? { addition, objects: [] };
      entry.objects.push(object);
      byAddition.set(key, entry);
    }
  }
  const byTarget = new Map<string, { target: KustomizePatch["target"]; operations: Addition[] }>();
  for (const { addition, objects } of byAddition.values()) {
    const target = targetOf(objects);
    const key = JSON.stringify(target);
    const entry = byTarget.get(key) ?? { target, operations: [] };
    entry.operations.push(addition);
    byTarget.set(key, entry);
  }
  return [...byTarget.values()].map(({ target, operations }) => ({ target, patch: patchText(operations) }));
}

/** kustomize cuts off what a patch ends with; a comment saves the last line break of a text. */
function patchText(operations: readonly Addition[]): string {
  const text = toYaml(operations);
  return /[|>][-+\d]*\n/.test(text) ? `${text}# end\n` : text;
}

/** Selects objects of one kind; kustomize takes the name for a regular expression. */
function targetOf(objects: readonly KubeObject[]): KustomizePatch["target"] {
  const [{ apiVersion, kind }] = objects as [KubeObject];
  const group = groupOf(apiVersion);
  const names = objects.map(({ metadata }) => metadata.name.replaceAll(".", "\\.")).sort();
  const name = names.length === 1 ? (names[0] ?? "") : `(${names.join("|")})`;
  return { ...(group === "" ? {} : { group }), version: apiVersion.split("/").at(-1) ?? "", kind, name };
}
