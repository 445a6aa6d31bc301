/** A Kubernetes object, as files and API servers have it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** What an object is called among all others. */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

/** Objects in one order. */
export function sorted(manifests: readonly Manifest[]): Manifest[] {
  return [...manifests].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** {@link sorted}, with Secrets as their names and keys. */
export function withoutValues(manifests: readonly Manifest[]): unknown[] {
  return sorted(manifests).map((manifest) => {
    if (manifest.kind !== "Secret") return manifest;
    const { data, stringData } = manifest as Manifest & { readonly stringData?: Manifest["data"] };
    return { kind: "Secret", name: manifest.metadata.name, keys: Object.keys({ ...data, ...stringData }).sort() };
  });
}

/** {@link sorted}, without the annotations that only the engine reads. */
export function withoutEngineAnnotations(manifests: readonly Manifest[]): Manifest[] {
  return sorted(manifests).map((manifest) => withAnnotations(manifest, (name) => !name.startsWith("pulumi.com/")));
}

/** {@link sorted}, with what their owner has said of them and without what the cluster has made of it. */
export function asWritten(manifests: readonly Manifest[]): unknown[] {
  return sorted(manifests).map((manifest) => {
    const own = withAnnotations(manifest, (name) => !CLUSTERS_ANNOTATIONS.test(name));
    return without({ ...own, status: undefined }, CLUSTERS_FIELDS);
  });
}

/** Annotations of the engine and of controllers. */
const CLUSTERS_ANNOTATIONS = /^(pulumi\.com|deployment\.kubernetes\.io|(pv|volume)(\.beta)?\.kubernetes\.io)\//;

/** Fields that an API server or a controller sets, differently each time an object is made. */
const CLUSTERS_FIELDS = new Set([
  ...["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"],
  ...["clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "volumeName"],
  ...["controller-uid", "batch.kubernetes.io/controller-uid"],
]);

function without(value: unknown, fields: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, fields));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !fields.has(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(inner, fields)]));
}

function withAnnotations(manifest: Manifest, isKept: (name: string) => boolean): Manifest {
  const { annotations, ...metadata } = manifest.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([name]) => isKept(name));
  return {
    ...manifest,
    metadata: { ...metadata, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) },
  };
}
