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

/** A file to apply, and what to wait for then: arguments of kubectl. */
export interface Stage {
  readonly file: string;
  readonly waits: readonly (readonly string[])[];
}

/** The environment's objects as files that kubectl applies. */
export interface Manifests {
  /** All objects, namespaces first. */
  readonly file: string;
  /** The same in the order in which the stack creates them: data stores, then migrations, then services. */
  readonly stages: readonly Stage[];
  readonly objects: number;
  readonly namespaces: readonly string[];
}

/** Key under which a stack's exported state marks a decrypted secret. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";

/** Writes the objects of an exported stack, namespaces first, so that kubectl creates exactly what the stack holds. */
export function writeManifests(state: Deployment, folder: string): Manifests {
  const objects = (state.deployment.resources ?? [])
    .filter(({ custom, type }) => custom && type.startsWith("kubernetes:"))
    .map(({ inputs }) => reveal(inputs) as KubernetesObject);
  const namespacesFirst = objects.toSorted((a, b) => Number(b.kind === "Namespace") - Number(a.kind === "Namespace"));
  const write = (name: string, content: readonly KubernetesObject[]): string => {
    const file = join(folder, name);
    writeFileSync(file, content.map((object) => stringify(object)).join("---\n"), { mode: 0o600 });
    return file;
  };
  const stage = (name: string, kinds: (kind: string) => boolean): Stage => {
    const content = namespacesFirst.filter(({ kind }) => kinds(kind));
    return { file: write(name, content), waits: content.flatMap(waitFor) };
  };
  return {
    file: write("all.yaml", namespacesFirst),
    stages: [
      stage("stores.yaml", (kind) => kind !== "Job" && kind !== "Deployment"),
      stage("migrations.yaml", (kind) => kind === "Job"),
      stage("services.yaml", (kind) => kind === "Deployment"),
    ],
    objects: objects.length,
    namespaces: objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name),
  };
}

function waitFor({ kind, metadata: { name, namespace = "default" } }: KubernetesObject): string[][] {
  const reference = `${kind.toLowerCase()}/${name}`;
  if (["Deployment", "StatefulSet", "DaemonSet"].includes(kind))
    return [["rollout", "status", reference, "-n", namespace]];
  return kind === "Job" ? [["wait", "--for=condition=complete", reference, "-n", namespace]] : [];
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
