/** A Kubernetes object as `up` sends it to the API server. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

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
