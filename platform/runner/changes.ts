import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { DiffSummary } from "../../spec/index.ts";

/** What happens to a resource. */
export type ChangeOp = "create" | "update" | "replace" | "delete";

/** Most resources that a summary names. */
const MOST_NAMED = 50;

const CHANGE_OPS: Partial<Record<OpType, ChangeOp>> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

/** What a step does to a resource; undefined for those that leave it as it is, and for what is no object: components, the stack, providers. */
export function changeOf({ op, type, old, new: wanted }: StepEventMetadata): ChangeOp | undefined {
  const custom = (wanted ?? old)?.custom === true;
  return custom && !type.startsWith("pulumi:") ? CHANGE_OPS[op] : undefined;
}

/** Kind and name of a resource for people: those of the Kubernetes object where it is one, e.g. "Deployment/web". */
export function labelOf({ type, urn, old, new: wanted }: StepEventMetadata): string {
  const metadata: unknown = (wanted ?? old)?.inputs["metadata"];
  const { name } = (typeof metadata === "object" && metadata !== null ? metadata : {}) as { name?: unknown };
  const kind = type.slice(type.lastIndexOf(":") + 1);
  return `${kind}/${typeof name === "string" ? name : (urn.split("::").at(-1) ?? urn)}`;
}

/** The changes that a preview has found, by URN. */
export class Changes {
  readonly #changes = new Map<string, { readonly op: ChangeOp; readonly label: string }>();
  #same = 0;

  /** Takes a step of a preview. */
  add(step: StepEventMetadata): void {
    const op = changeOf(step);
    if (op !== undefined) this.#changes.set(step.urn, { op, label: labelOf(step) });
    else if (step.op === "same" && step.new?.custom === true && !step.type.startsWith("pulumi:")) this.#same += 1;
  }

  /** URNs of what changes. */
  get urns(): string[] {
    return [...this.#changes.keys()];
  }

  get summary(): DiffSummary {
    const changes = [...this.#changes.values()];
    const count = (op: ChangeOp): number => changes.filter((change) => change.op === op).length;
    return {
      create: count("create"),
      update: count("update"),
      replace: count("replace"),
      delete: count("delete"),
      same: this.#same,
      resources: changes.slice(0, MOST_NAMED).map(({ op, label }) => `${op} ${label}`),
    };
  }
}
