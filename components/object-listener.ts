import * as pulumi from "@pulumi/pulumi";
import { toCanonicalForm } from "./canonical-form.ts";
import type { Transform } from "./component.ts";

/**
 * For exports: tells of every Kubernetes object as the provider would send it, its secret values in the clear. The objects
 * stay as they are.
 *
 * @param listener gets a promise, which is kept as soon as the whole object is known; in a preview that may be never.
 */
export function tellOfObjects(listener: (object: Promise<unknown>) => void): Transform {
  return (child) => {
    if (child.type.startsWith("kubernetes:")) {
      listener(new Promise((resolve) => pulumi.output(toCanonicalForm(child)).apply(resolve)));
    }
    return undefined;
  };
}
