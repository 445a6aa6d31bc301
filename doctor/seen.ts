/** What was seen of an object: any part of it may be missing, whatever its definition says, and moments are texts. */
export type Seen<T> = T extends Date
  ? string
  : T extends readonly (infer Element)[]
    ? readonly Seen<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]?: Seen<T[Key]> }
      : T;
