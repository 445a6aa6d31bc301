import type { PodSpec } from "./workloads.ts";

/** An object that pods can't start without. */
export interface Reference {
  readonly kind: "Secret" | "ConfigMap" | "PersistentVolumeClaim" | "ServiceAccount";
  readonly name: string;
  /** The key that is wanted. @default the object as a whole */
  readonly key?: string;
}

/** The objects that the pods of a workload can't start without, each once. */
export function referencesOf(spec: PodSpec): Reference[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const found = [
    ...containers.flatMap(({ env = [] }) =>
      env.flatMap(({ valueFrom }) => [
        reference("Secret", valueFrom?.secretKeyRef, valueFrom?.secretKeyRef?.key),
        reference("ConfigMap", valueFrom?.configMapKeyRef, valueFrom?.configMapKeyRef?.key),
      ]),
    ),
    ...containers.flatMap(({ envFrom = [] }) =>
      envFrom.flatMap(({ secretRef, configMapRef }) => [
        reference("Secret", secretRef),
        reference("ConfigMap", configMapRef),
      ]),
    ),
    ...(spec.volumes ?? []).flatMap(({ secret, configMap, persistentVolumeClaim }) => [
      reference("Secret", secret && { name: secret.secretName, optional: secret.optional }),
      ...(secret?.items ?? []).map(({ key }) => reference("Secret", { name: secret?.secretName }, key)),
      reference("ConfigMap", configMap),
      ...(configMap?.items ?? []).map(({ key }) => reference("ConfigMap", configMap, key)),
      reference("PersistentVolumeClaim", persistentVolumeClaim && { name: persistentVolumeClaim.claimName }),
    ]),
    reference("ServiceAccount", { name: spec.serviceAccountName }),
  ].filter((entry) => entry !== undefined);
  return [...new Map(found.map((entry) => [JSON.stringify(entry), entry])).values()];
}

function reference(
  kind: Reference["kind"],
  to: { readonly name?: string | undefined; readonly optional?: boolean | undefined } | undefined,
  key?: string,
): Reference | undefined {
  if (!to?.name || to.optional) return undefined;
  return { kind, name: to.name, ...(key === undefined ? {} : { key }) };
}
