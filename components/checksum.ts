import { createHash, createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** Annotations that change whenever a pod's configuration does, so that the workload rolls its pods. */
export function configChecksum(data: Readonly<Record<string, string>>): Record<string, string> {
  return { "checksum/config": createHash("sha256").update(canonical(data)).digest("hex") };
}

/**
 * Like {@link configChecksum} for secret values. The digest stands in the clear in the pod's annotations, so it is
 * keyed: without the key nobody can try out short secrets against it.
 *
 * @param key a random secret of the environment.
 */
export function secretChecksum(
  data: Readonly<Record<string, pulumi.Input<string>>>,
  key: pulumi.Input<string>,
): Record<string, pulumi.Output<string>> {
  const digest = pulumi
    .all([pulumi.output(data), key])
    .apply(([values, secret]) => createHmac("sha256", secret).update(canonical(values)).digest("hex"));
  return { "checksum/secret": pulumi.unsecret(digest) };
}

function canonical(data: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
