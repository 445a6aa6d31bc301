import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A random secret of lower-case hexadecimal digits (4 bits each), kept in the stack's encrypted state. It needs no
 * escaping in URLs, shells or SQL.
 *
 * RandomPassword is not used: it also computes a bcrypt hash of every value, which nothing here reads and which takes
 * longer than everything else about it.
 *
 * @param length number of digits, at least 16.
 * @param rotation a new value for each number. @default 0
 */
export function createPassword(
  name: string,
  length: number,
  opts: pulumi.CustomResourceOptions,
  rotation = 0,
): pulumi.Output<string> {
  const bytes = new random.RandomBytes(
    name,
    { length: Math.ceil(length / 2), keepers: rotation === 0 ? undefined : { rotation: String(rotation) } },
    opts,
  );
  return bytes.hex.apply((digits) => digits.slice(0, length));
}
