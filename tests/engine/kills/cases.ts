import type { CrashPoint, Target } from "./crash-point.ts";

/** What happens to an environment while something is killed. */
export type Action = "create" | "update" | "destroy";

/** One kill. */
export interface KillCase {
  readonly action: Action;
  /** For people: where the action was. */
  readonly step: string;
  readonly point: CrashPoint;
}

/** A step, and what can be killed in it. */
interface Step {
  readonly step: string;
  readonly marks: readonly string[];
  readonly targets: readonly Target[];
  /** What the engine does meanwhile. */
  readonly command?: string;
}

const ALL: readonly Target[] = ["service", "operation", "engine", "provider"];
const UNLOCK: Step = { step: "unlock", marks: ["stage unlock"], targets: ["service", "operation"] };
const PREVIEW: Step = { step: "preview", marks: ["stage preview"], targets: ALL, command: "preview" };
const VERIFY: Step = {
  step: "verify",
  marks: ["stage verify"],
  targets: ["service", "operation", "engine"],
  command: "stack",
};

/** Steps in which resources change. */
function changing(stage: string, command: string): Step[] {
  const parts = { "first resource": "first", "half of them": "half", "last resource": "last" };
  return Object.entries(parts).map(([part, mark]) => ({
    step: `${stage}, ${part}`,
    marks: [`stage ${stage}`, mark],
    targets: ALL,
    command,
  }));
}

/** Points of the service's own, by what it does. */
const OF_SERVICE: Readonly<Record<Action, Readonly<Record<string, readonly string[]>>>> = {
  create: {
    "before the finalizer is added": ["PATCH"],
    "before the start is written": ["PUT status"],
    "after the start": ["operation started"],
    "before the end is written": ["operation ended", "PUT status"],
  },
  update: {
    "before the start is written": ["PUT status"],
    "after the start": ["operation started"],
    "before the end is written": ["operation ended", "PUT status"],
  },
  destroy: {
    "before the start is written": ["PUT status"],
    "after the start": ["operation started"],
    "before the end is written": ["operation ended", "PUT status"],
    "before the finalizer is removed": ["operation ended", "PATCH"],
  },
};

function inService(action: Action): KillCase[] {
  return Object.entries(OF_SERVICE[action]).map(([step, marks]) => ({
    action,
    step,
    point: { in: "service", marks, target: "service" },
  }));
}

function inOperation(action: Action): KillCase[] {
  const steps =
    action === "destroy"
      ? [UNLOCK, ...changing("destroy", "destroy"), VERIFY]
      : [UNLOCK, PREVIEW, ...changing("apply", "up")];
  return steps.flatMap(({ step, marks, targets, command }) =>
    targets.map((target) => ({ action, step, point: { in: "operation" as const, marks, target, command } })),
  );
}

/** All kills of an action, in its order. */
export function killsOf(action: Action): KillCase[] {
  return [...inService(action), ...inOperation(action)];
}
