import { UNKNOWN } from "./field.ts";
import { KubeObject } from "./kube-object.ts";
import { Stack } from "./stack.ts";

/** What the engine tells a policy of a resource. */
export interface EngineResource {
  /** e.g. "kubernetes:apps/v1:Deployment". */
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly props: object;
}

/** What the engine sends for values that it can't know in a preview, by their type. */
const UNKNOWN_VALUES = [
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/** A resource whose objects the engine doesn't see. */
const HELM_RELEASE = "kubernetes:helm.sh/v3:Release";

/** The Kubernetes object that a resource is; undefined for all other resources. */
export function engineObject({ type, urn, name, props }: EngineResource): KubeObject | undefined {
  if (!type.startsWith("kubernetes:")) return undefined;
  const value = plain(props) as Readonly<Record<string, unknown>>;
  if (typeof value["apiVersion"] !== "string" || typeof value["kind"] !== "string") return undefined;
  return new KubeObject(value, { id: urn, name, isPatch: type.endsWith("Patch") });
}

/** All Kubernetes objects of the engine's stack. */
export function engineStack(resources: readonly EngineResource[]): Stack {
  const isPartial = resources.some(({ type }) => type === HELM_RELEASE);
  return new Stack(
    resources.flatMap((resource) => engineObject(resource) ?? []),
    { isPartial },
  );
}

/**
 * A copy that says itself where a value is unknown. What the engine hands out throws when such a value is read, which would
 * end the whole rule: descriptors are read past that.
 */
function plain(value: unknown): unknown {
  if (typeof value === "string") return UNKNOWN_VALUES.some((unknown) => value.includes(unknown)) ? UNKNOWN : value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.keys(value).map(
    (key) => [key, plain(Reflect.getOwnPropertyDescriptor(value, key)?.value)] as const,
  );
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
