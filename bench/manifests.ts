import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

interface Deployment {
  readonly deployment: { readonly resources?: readonly StateResource[] };
}
interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
}
interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The environment's objects as a file that kubectl applies, and what there is to wait for. */
export interface Manifests {
  readonly file: string;
  readonly objects: number;
  readonly namespaces: readonly string[];
  /** Deployments, StatefulSets and DaemonSets. */
  readonly workloads: readonly { readonly namespace: string; readonly reference: string }[];
  readonly jobs: readonly { readonly namespace: string; readonly reference: string }[];
}

/** Key under which a stack's exported state marks a decrypted secret. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";

/** Writes the objects of an exported stack, namespaces first, so that kubectl creates exactly what the stack holds. */
export function writeManifests(state: Deployment, folder: string): Manifests {
  const objects = (state.deployment.resources ?? [])
    .filter(({ custom, type }) => custom && type.startsWith("kubernetes:"))
    .map(({ inputs }) => reveal(inputs) as KubernetesObject);
  const namespacesFirst = objects.toSorted((a, b) => Number(b.kind === "Namespace") - Number(a.kind === "Namespace"));
  const file = join(folder, "manifests.yaml");
  writeFileSync(file, namespacesFirst.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });
  const references = (kinds: readonly string[]) =>
    objects
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ kind, metadata }) => ({
        namespace: metadata.namespace ?? "default",
        reference: `${kind.toLowerCase()}/${metadata.name}`,
      }));
  return {
    file,
    objects: objects.length,
    namespaces: objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name),
    workloads: references(["Deployment", "StatefulSet", "DaemonSet"]),
    jobs: references(["Job"]),
  };
}

function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Record<string, unknown>;
  if (SECRET_MARK in entries) return reveal(JSON.parse(String(entries["plaintext"])));
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([key]) => !key.startsWith("__"))
      .map(([key, inner]) => [key, reveal(inner)]),
  );
}
