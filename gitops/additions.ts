import { isDeepStrictEqual } from "node:util";
import { isMap } from "../spec/merge-patch.ts";

/** One operation of a JSON patch. @see https://www.rfc-editor.org/rfc/rfc6902 */
export interface Addition {
  readonly op: "add";
  readonly path: string;
  readonly value: unknown;
}

/**
 * The operations that make a whole of one of its parts, as `commonPart` gives them, in the order of the whole's keys.
 *
 * @throws Error when the part has something that the whole has not.
 */
export function additions(part: unknown, whole: unknown, path = ""): Addition[] {
  if (isDeepStrictEqual(part, whole)) return [];
  if (isMap(part) && isMap(whole)) {
    const stray = Object.keys(part).find((key) => !Object.hasOwn(whole, key));
    if (stray !== undefined) throw new Error(`${path}/${stray} is not part of the whole`);
    return Object.entries(whole).flatMap(([key, value]) => {
      const place = `${path}/${escaped(key)}`;
      return Object.hasOwn(part, key) ? additions(part[key], value, place) : [{ op: "add", path: place, value }];
    });
  }
  if (Array.isArray(part) && Array.isArray(whole) && part.length === whole.length) {
    return whole.flatMap((value, index) => additions(part[index], value, `${path}/${index}`));
  }
  throw new Error(`${path} differs from the whole`);
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
