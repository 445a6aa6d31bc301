import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A random secret of lower-case letters and digits (5 bits each), kept in the stack's encrypted state. It needs no escaping in
 * URLs, shells or SQL.
 *
 * RandomBytes would be made faster, because no bcrypt hash is computed with it, but its ID is its value, and IDs stand in the
 * state in the clear.
 *
 * @param length number of characters, at least 16.
 * @param rotation a new value for each number. @default 0
 */
export function createPassword(
  name: string,
  length: number,
  opts: pulumi.CustomResourceOptions,
  rotation = 0,
): pulumi.Output<string> {
  const keepers = rotation === 0 ? undefined : { rotation: String(rotation) };
  return new random.RandomPassword(name, { length, upper: false, special: false, keepers }, opts).result;
}
