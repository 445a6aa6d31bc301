/** Stands for a value that is known only after an update. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/**
 * One place in an object: its value and how people write the way to it. Reading on below a value that is missing or not
 * known yet is allowed and leads to such a value again, so that a rule never fails on what it does not find.
 */
export class Field {
  /** e.g. `spec.template.spec.containers[web].image`; empty for the object itself. */
  readonly path: string;
  /** {@link UNKNOWN} where it can't be known yet. */
  readonly value: unknown;

  constructor(value: unknown, path = "") {
    this.value = value;
    this.path = path;
  }

  /** Whether the value can't be known yet. */
  get isUnknown(): boolean {
    return this.value === UNKNOWN;
  }

  /** Whether nothing is set here. False where that can't be known yet. */
  get isMissing(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** The text here; undefined where there is none or it can't be known yet. */
  get text(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  /** The number here; undefined where there is none or it can't be known yet. */
  get number(): number | undefined {
    return typeof this.value === "number" ? this.value : undefined;
  }

  /** The place below, key by key. */
  at(...keys: readonly string[]): Field {
    return keys.reduce<Field>((field, key) => field.#below(key), this);
  }

  /** The items of a list, named by their `name` where they have one; none where there is no list. */
  get items(): Field[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map((item: unknown, index) => {
      const { name } = isMap(item) ? item : {};
      return new Field(item, `${this.path}[${typeof name === "string" ? name : index}]`);
    });
  }

  /** The entries of a map; none where there is no map. */
  get entries(): (readonly [key: string, field: Field])[] {
    return isMap(this.value) ? Object.keys(this.value).map((key) => [key, this.#below(key)] as const) : [];
  }

  /** Whether the value is one of these, as far as it is known: an unknown one may be. */
  mayBe(...values: readonly unknown[]): boolean {
    return this.isUnknown || values.includes(this.value);
  }

  #below(key: string): Field {
    const value = this.isUnknown ? UNKNOWN : isMap(this.value) ? this.value[key] : undefined;
    if (!/^[A-Za-z_][\w-]*$/.test(key)) return new Field(value, `${this.path}["${key}"]`);
    return new Field(value, this.path === "" ? key : `${this.path}.${key}`);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
