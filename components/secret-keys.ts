import * as pulumi from "@pulumi/pulumi";
import { SECRET_KEYS_ANNOTATION } from "../spec/index.ts";
import type { Transform } from "./component.ts";

/**
 * For rendering only: notes the names of a Secret's keys in an annotation, where they are readable. Its values stay as
 * secret as they were.
 */
export const listSecretKeys: Transform = ({ type, props }) => {
  if (type !== "kubernetes:core/v1:Secret") return undefined;
  const metadata = props["metadata"] as { readonly annotations?: Readonly<Record<string, pulumi.Input<string>>> };
  const keys = pulumi
    .all([keysOf(props["data"]), keysOf(props["stringData"])])
    .apply((names) => names.flat().join(","));
  const annotations = { ...metadata.annotations, [SECRET_KEYS_ANNOTATION]: pulumi.unsecret(keys) };
  return { ...props, metadata: { ...metadata, annotations } };
};

/** An output whose values are partly unknown in a preview. Its type leaves out a parameter that the SDK has for itself. */
interface PartlyKnown {
  apply<T>(run: (value: unknown) => T, runWithUnknowns: true): pulumi.Output<T>;
}

function keysOf(values: unknown): pulumi.Output<string[]> {
  const output = pulumi.output(values) as unknown as PartlyKnown;
  return output.apply((map) => (isMap(map) ? Object.keys(map) : []), true);
}

/** False also for values that are unknown as a whole. */
function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !pulumi.isUnknown(value);
}
