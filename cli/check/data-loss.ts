import { parseQuantity } from "../../spec/index.ts";
import type { KubeManifest } from "../rendered-object.ts";
import type { Step } from "./steps.ts";

/** Data that an update would destroy, or leave without what guards it. */
export interface DataLoss {
  /** e.g. "PersistentVolumeClaim shop-prod/postgres-data". */
  readonly object: string;
  /** What happens to it and what that means, to be read after the object. */
  readonly what: string;
  /** Whether the engine refuses it, so that nothing happens until somebody takes the protection away. */
  readonly isProtected: boolean;
}

/** What is lost with an object of a kind, to be read after "is deleted: ". */
const KEPT_IN: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: "what is stored in its volume is lost",
  PersistentVolume: "what is stored in it is lost",
  Namespace: "everything in it is lost, volumes included",
  CustomResourceDefinition: "every object of its kind is lost",
};

/** What a preview says about data, the worst first. */
export function findDataLoss(steps: readonly Step[]): DataLoss[] {
  return [...steps.flatMap(lossOfObject), ...steps.flatMap(lossOfProtection)];
}

function lossOfObject(step: Step): DataLoss[] {
  const { action, object, before, after, replacedFor, isProtected } = step;
  const loss = before === undefined ? undefined : lossWith(before);
  if (before === undefined) return [];
  if (action === "change" && after !== undefined && shrinks(before, after))
    return [{ object, what: "would get smaller, which Kubernetes refuses: the update would fail", isProtected }];
  if (loss === undefined || (action !== "delete" && action !== "replace")) return [];
  const why = replacedFor.length === 0 ? "" : `, because ${replacedFor.join(", ")} can't be changed`;
  return [{ object, what: `${action === "delete" ? "is deleted" : `is replaced${why}`}: ${loss}`, isProtected }];
}

function lossOfProtection({ object, losesProtection }: Step): DataLoss[] {
  const what = "is not protected any more: the next destroy takes it along";
  return losesProtection ? [{ object, what, isProtected: false }] : [];
}

function lossWith(manifest: KubeManifest): string | undefined {
  const { volumeClaimTemplates } = (specOf(manifest) ?? {}) as { volumeClaimTemplates?: readonly unknown[] };
  if (manifest.kind === "StatefulSet" && volumeClaimTemplates?.length)
    return "its pods' own volumes belong to nobody any more";
  return KEPT_IN[manifest.kind];
}

function shrinks(before: KubeManifest, after: KubeManifest): boolean {
  const [old, young] = [sizeOf(before), sizeOf(after)];
  return old !== undefined && young !== undefined && young < old;
}

/** Bytes that a claim asks for. */
function sizeOf(manifest: KubeManifest): number | undefined {
  if (manifest.kind !== "PersistentVolumeClaim") return undefined;
  const { resources } = (specOf(manifest) ?? {}) as { resources?: { requests?: { storage?: string } } };
  return parseQuantity(resources?.requests?.storage ?? "", "bytes");
}

function specOf(manifest: KubeManifest): unknown {
  return (manifest as { readonly spec?: unknown }).spec;
}
