import type { KubeObject } from "../spec/index.ts";

export type { KubeObject };

/** Whether an object's content must not be stored in the clear. */
export function isSecret({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === "v1" && kind === "Secret";
}

/** What an object is called across environments: two environments' objects of one key are the same part. */
export function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${groupOf(apiVersion)}/${kind}/${metadata.name}`;
}

/** The API group of an apiVersion; empty for Kubernetes' core. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** Name of the file that holds an object. */
export function fileNameOf({ kind, metadata }: KubeObject): string {
  return `${kind.toLowerCase()}-${metadata.name.replaceAll(/[^A-Za-z0-9.-]/g, "-")}.yaml`;
}
