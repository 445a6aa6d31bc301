import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "./component.ts";

/**
 * Writes objects as the Kubernetes provider keeps them: without what means the same as nothing, and Secrets by `data`. The
 * provider does so itself once every value is known; before, a preview would plan what the update then seems to break.
 *
 * @see https://github.com/pulumi/pulumi-kubernetes/blob/v4.25.0/provider/pkg/clients/unstructured.go
 */
export const toCanonicalForm: Transform = ({ type, props }) => {
  const { stringData, ...rest } = props;
  const plain = withoutNothings(rest) as Readonly<Record<string, unknown>>;
  if (type !== "kubernetes:core/v1:Secret" || stringData === undefined) return plain;
  return { ...plain, data: toBase64(stringData as pulumi.Input<Record<string, string>>) };
};

function toBase64(values: pulumi.Input<Record<string, string>>): pulumi.Output<Record<string, string>> {
  return pulumi
    .output(values)
    .apply((known) =>
      Object.fromEntries(Object.entries(known).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
    );
}

/** @param parent key of the object, or of the list that it is in. */
function withoutNothings(value: unknown, parent = ""): unknown {
  if (pulumi.Output.isInstance(value)) return value.apply((known) => withoutNothings(known, parent));
  if (Array.isArray(value)) return value.map((inner) => withoutNothings(inner, parent));
  if (typeof value !== "object" || value === null || value instanceof Promise) return value;
  const kept = Object.entries(value).filter(([key, inner]) => !isNothing(parent, key, inner));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNothings(inner, key)]));
}

/** What Kubernetes' own types leave out when they are written, as far as components set it. */
function isNothing(parent: string, key: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return (value === 0 && key === "initialDelaySeconds") || (value === "" && key === "value" && parent === "env");
}
