import { type KubeManifest, redactedValue } from "./rendered-object.ts";

/**
 * Gives rendered Secrets the keys that other objects read from them. The engine's preview hides a Secret as a whole, its
 * keys included.
 */
export function nameSecretKeys(manifests: readonly KubeManifest[]): KubeManifest[] {
  const references = new Map<string, Set<string>>();
  for (const { metadata, ...rest } of manifests) {
    collect(rest, (secret, key) => {
      const owner = `${metadata.namespace ?? ""}/${secret}`;
      references.set(owner, (references.get(owner) ?? new Set()).add(key));
    });
  }
  return manifests.map((manifest) => {
    if (manifest.kind !== "Secret" || manifest.apiVersion !== "v1") return manifest;
    const keys = references.get(`${manifest.metadata.namespace ?? ""}/${manifest.metadata.name}`) ?? new Set();
    const known = (manifest as { stringData?: Record<string, string> }).stringData ?? {};
    const added = Object.fromEntries([...keys].sort().map((key) => [key, redactedValue]));
    return { ...manifest, stringData: { ...added, ...known } };
  });
}

/** Finds `secretKeyRef` and the items of secret volumes. */
function collect(value: unknown, found: (secret: string, key: string) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value) as [string, unknown][]) {
      if (name === "secretKeyRef") {
        const { name: secret, key } = item as { name?: string; key?: string };
        if (secret !== undefined && key !== undefined) found(secret, key);
      } else if (name === "secret") {
        const {
          name: projected,
          secretName,
          items,
        } = item as { name?: string; secretName?: string; items?: { key: string }[] };
        const secret = secretName ?? projected;
        for (const { key } of items ?? []) if (secret !== undefined) found(secret, key);
      }
      collect(item, found);
    }
  }
}
