import { readFileSync } from "node:fs";

/** A resource whose creation was interrupted: it may or may not exist. */
interface PendingCreate {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: { readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown } };
}

/** How to bring interrupted creations back into the state. */
export interface PendingCreates {
  /** Arguments of `pulumi refresh`. */
  readonly refreshArgs: readonly string[];
  readonly count: number;
}

/**
 * Finds creations that an interrupted update left open in a state file. Kubernetes objects are adopted under the name
 * that they have or would have: a refresh then finds them, or finds that they were never made. Resources that exist in
 * the state only (passwords, for example) are made again.
 *
 * @param stateFile path in a file backend; it is no error when it does not exist.
 * @returns undefined when nothing is open.
 */
export function findPendingCreates(stateFile: string): PendingCreates | undefined {
  const creates = readPendingCreates(stateFile);
  if (creates.length === 0) return undefined;
  const imports = creates.flatMap((create) => {
    const id = kubernetesId(create);
    return id === undefined ? [] : ["--import-pending-creates", create.urn, "--import-pending-creates", id];
  });
  const adoptsAll = imports.length === creates.length * 4;
  return { refreshArgs: adoptsAll ? imports : [...imports, "--clear-pending-creates"], count: creates.length };
}

function readPendingCreates(stateFile: string): PendingCreate[] {
  interface Checkpoint {
    checkpoint?: { latest?: { pending_operations?: { type?: string; resource?: PendingCreate }[] } };
  }
  let file: Checkpoint;
  try {
    file = JSON.parse(readFileSync(stateFile, "utf8")) as Checkpoint;
  } catch {
    return [];
  }
  return (file.checkpoint?.latest?.pending_operations ?? [])
    .filter((operation) => operation.type === "creating")
    .map((operation) => operation.resource)
    .filter((resource) => resource !== undefined);
}

/** The provider's id of a Kubernetes object. */
function kubernetesId({ type, inputs }: PendingCreate): string | undefined {
  const name = inputs?.metadata?.name;
  const namespace = inputs?.metadata?.namespace;
  if (!type.startsWith("kubernetes:") || typeof name !== "string") return undefined;
  return typeof namespace === "string" ? `${namespace}/${name}` : name;
}
