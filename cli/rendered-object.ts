import { stringify } from "yaml";
import { type KubeObject, SECRET_KEYS_ANNOTATION } from "../spec/index.ts";

/** A Kubernetes object as the engine would send it. */
export type KubeManifest = KubeObject;

/** What the engine writes for a value that is known only after an update. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The key that marks the engine's envelope around a secret value, with the envelope's kind. */
const envelopeKey = "4dabf18193072939515e22adb298388d";

/** What stands in a rendered Secret for each value. */
export const redactedValue = "redacted";

/** What the engine's own output has in place of a secret value. */
const maskedValue = "[secret]";

/** Begins the annotations that only the engine's Kubernetes provider reads. */
const engineAnnotations = "pulumi.com/";

/** Annotation of every Secret whose values were left out. */
const redactedAnnotation = "terrarium.dev/redacted";

/**
 * Turns the inputs of an engine's step into a manifest that can be stored: without anything secret, without values that
 * are not known yet, without what only the engine reads.
 *
 * @returns undefined when the inputs are not a Kubernetes object (a Helm release, for example).
 */
export function toManifest(inputs: unknown): KubeManifest | undefined {
  const cleaned = clean(inputs);
  if (!isManifest(cleaned)) return undefined;
  const isSecret = cleaned.kind === "Secret" && cleaned.apiVersion === "v1";
  const manifest = isSecret ? redact(cleaned, inputs as SecretValues) : cleaned;
  return ordered(withoutEngineAnnotations(manifest));
}

/** Like {@link toManifest} for an object whose values are all known, and with the values of Secrets in the clear. */
export function toWholeManifest(object: unknown): KubeManifest | undefined {
  const cleaned = clean(object);
  return isManifest(cleaned) ? ordered(withoutEngineAnnotations(cleaned)) : undefined;
}

/** YAML of a manifest: apiVersion, kind and metadata first, all other keys by name. */
export function toYaml(manifest: KubeManifest): string {
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Path of a manifest below the output folder. */
export function manifestPath({ kind, metadata }: KubeManifest): string {
  return `${metadata.namespace ?? "cluster"}/${kind.toLowerCase()}-${metadata.name.replaceAll(/[^A-Za-z0-9.-]/g, "-")}.yaml`;
}

/** Removes unknown values and opens envelopes; a secret's content becomes {@link redactedValue}. */
function clean(value: unknown): unknown {
  if (value === unknownValue) return undefined;
  if (value === maskedValue) return redactedValue;
  if (typeof value === "string") return value.includes(unknownValue) ? undefined : value;
  if (Array.isArray(value)) return value.map(clean).filter((item) => item !== undefined);
  if (typeof value !== "object" || value === null) return value;
  if (envelopeKey in value) return redactedValue;
  const entries = Object.entries(value)
    .filter(([key, item]) => !key.startsWith("__") && item !== null)
    .map(([key, item]) => [key, clean(item)] as const)
    .filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries);
}

/** Where a Secret has its values. */
interface SecretValues {
  readonly data?: unknown;
  readonly stringData?: unknown;
}

/** @param inputs before cleaning: also keys whose values are unknown belong to the Secret. */
function redact(secret: KubeManifest, inputs: SecretValues): KubeManifest {
  const rest = Object.fromEntries(Object.entries(secret).filter(([key]) => key !== "data" && key !== "stringData"));
  const { [SECRET_KEYS_ANNOTATION]: listed, ...annotations } = secret.metadata.annotations ?? {};
  const named = typeof listed === "string" ? listed.split(",").filter((key) => key !== "") : [];
  const keys = [...named, ...keysOf(inputs.data), ...keysOf(inputs.stringData)];
  return {
    ...rest,
    metadata: {
      ...secret.metadata,
      annotations: {
        ...annotations,
        [redactedAnnotation]: "values are not part of rendered manifests",
      },
    },
    stringData: Object.fromEntries(keys.map((key) => [key, redactedValue])),
  } as unknown as KubeManifest;
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !(envelopeKey in value) ? Object.keys(value) : [];
}

function withoutEngineAnnotations(manifest: KubeManifest): KubeManifest {
  const { annotations, ...metadata } = manifest.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith(engineAnnotations));
  return kept.length === 0
    ? { ...manifest, metadata }
    : { ...manifest, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}

function ordered(manifest: KubeManifest): KubeManifest {
  const { apiVersion, kind, metadata, ...rest } = manifest;
  return { apiVersion, kind, metadata: sortKeys(metadata), ...sortKeys(rest) };
}

function sortKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => sortKeys(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]: [string, unknown]) => [key, sortKeys(item)])) as T;
}

function isManifest(value: unknown): value is KubeManifest {
  const { apiVersion, kind, metadata } = (value ?? {}) as Record<string, unknown>;
  const name = (metadata as { name?: unknown } | undefined)?.name;
  return typeof apiVersion === "string" && typeof kind === "string" && typeof name === "string";
}
