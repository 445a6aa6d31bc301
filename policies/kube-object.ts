import { Field } from "./field.ts";

/** Where an object comes from, beyond what stands in it. */
export interface ObjectSource {
  /** How the source names it, e.g. its URN; a problem is reported there. */
  readonly id?: string;
  /** What people call it where it has no name yet. */
  readonly name?: string;
  /** Whether it holds only some fields of an object that belongs to somebody else. @default false */
  readonly isPatch?: boolean;
}

/** A Kubernetes object, whole or as far as it is known: a manifest, a resource of the engine, what admission is sent. */
export class KubeObject {
  readonly root: Field;
  readonly id: string | undefined;
  readonly isPatch: boolean;
  readonly kind: string;
  /** API group; empty for the core group. */
  readonly group: string;
  readonly #name: string | undefined;

  /** @param value a plain object with apiVersion, kind and metadata. */
  constructor(value: unknown, { id, name, isPatch = false }: ObjectSource = {}) {
    this.root = new Field(value);
    this.id = id;
    this.isPatch = isPatch;
    this.kind = this.root.at("kind").text ?? "";
    const apiVersion = this.root.at("apiVersion").text ?? "";
    this.group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
    this.#name = name;
  }

  get name(): Field {
    return this.root.at("metadata", "name");
  }

  get namespace(): Field {
    return this.root.at("metadata", "namespace");
  }

  get labels(): Field {
    return this.root.at("metadata", "labels");
  }

  get annotations(): Field {
    return this.root.at("metadata", "annotations");
  }

  get spec(): Field {
    return this.root.at("spec");
  }

  /** Whether it is of this kind in this API group. */
  is(kind: string, group: string): boolean {
    return this.kind === kind && this.group === group;
  }

  /** For people, e.g. "Deployment shop/web". */
  toString(): string {
    const name = this.name.text ?? this.#name ?? "(no name yet)";
    const namespace = this.namespace.text;
    return `${this.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  }
}

/** Whether two objects may be in one namespace: one that isn't known yet may be any. */
export function mayShareNamespace(one: KubeObject, other: KubeObject): boolean {
  const [left, right] = [one.namespace, other.namespace];
  if (left.isUnknown || right.isUnknown) return true;
  return (left.text ?? "default") === (right.text ?? "default");
}
