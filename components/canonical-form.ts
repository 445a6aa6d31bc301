import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "./component.ts";

/**
 * Writes objects as the Kubernetes provider keeps them: without empty lists, and Secrets by `data`. The provider does so
 * itself once every value is known; before, a preview would plan what the update then seems to break.
 *
 * @see https://github.com/pulumi/pulumi-kubernetes/blob/v4.25.0/provider/pkg/clients/unstructured.go
 */
export const toCanonicalForm: Transform = ({ type, props }) => {
  const { stringData, ...rest } = props;
  const plain = withoutEmptyLists(rest) as Readonly<Record<string, unknown>>;
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

function withoutEmptyLists(value: unknown): unknown {
  if (pulumi.Output.isInstance(value)) return value.apply(withoutEmptyLists);
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== "object" || value === null || value instanceof Promise) return value;
  const kept = Object.entries(value).filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmptyLists(inner)]));
}
