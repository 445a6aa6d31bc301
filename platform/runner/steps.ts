import type { StepTiming } from "../../spec/index.ts";

/** Parts of an environment by the Pulumi types of their components, in the order in which they come up. */
const STEPS: Readonly<Record<string, string>> = {
  Namespace: "namespace",
  EnvironmentPolicies: "network",
  Postgres: "data stores",
  Redis: "data stores",
  Migration: "migrations",
  Service: "services",
  Observability: "observability",
};

const ORDER = [...new Set(Object.values(STEPS))];

/** The step that a resource belongs to; undefined for what the environment as a whole has. */
export function stepOf(urn: string): string | undefined {
  const types = (urn.split("::")[2] ?? "").split("$");
  const component = types
    .map((type) => type.replace("terrarium:index:", ""))
    .find((name) => Object.hasOwn(STEPS, name));
  return component === undefined ? undefined : STEPS[component];
}

interface Step {
  startedAt?: Date;
  finishedAt?: Date;
  /** Resources that are still to be done. */
  readonly open: Set<string>;
}

/** Times an update's steps: each lasts from its first resource's start to its last one's end. */
export class StepClock {
  readonly #steps = new Map<string, Step>();

  /** @param planned URNs of the resources that will change. */
  constructor(planned: Iterable<string>) {
    for (const urn of planned) {
      const name = stepOf(urn);
      if (name === undefined) continue;
      const step = this.#steps.get(name) ?? { open: new Set() };
      step.open.add(urn);
      this.#steps.set(name, step);
    }
  }

  /** @returns whether a step has begun with it. */
  started(urn: string, at: Date): boolean {
    const step = this.#stepOf(urn);
    if (step === undefined || step.startedAt !== undefined) return false;
    step.startedAt = at;
    return true;
  }

  /** @returns whether a step has ended with it. */
  done(urn: string, at: Date): boolean {
    const step = this.#stepOf(urn);
    if (!step?.open.delete(urn) || step.open.size > 0) return false;
    step.finishedAt = at;
    return true;
  }

  /** Steps that have begun, in their order. */
  get timings(): StepTiming[] {
    return ORDER.flatMap((name) => {
      const { startedAt, finishedAt } = this.#steps.get(name) ?? {};
      if (startedAt === undefined) return [];
      const begun = { name, startedAt: startedAt.toISOString() };
      if (finishedAt === undefined) return [begun];
      const seconds = Math.round((finishedAt.getTime() - startedAt.getTime()) / 100) / 10;
      return [{ ...begun, finishedAt: finishedAt.toISOString(), seconds }];
    });
  }

  #stepOf(urn: string): Step | undefined {
    const name = stepOf(urn);
    return name === undefined ? undefined : this.#steps.get(name);
  }
}
