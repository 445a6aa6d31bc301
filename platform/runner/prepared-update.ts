import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, EngineRun } from "./engine.ts";
import type { EventListener } from "./engine-events.ts";
import { createLatePlan } from "./late-plan.ts";
import type { Stage } from "./stage.ts";

/** An update whose engine may start before its plan is there. It has no lock and has done nothing until it has the plan. */
export interface PreparedUpdate {
  /** File to which the preview writes the plan. */
  readonly planFile: string;
  /** Starts the engine, which then waits for the plan. */
  readonly begin: () => void;
  /** Gives it the plan. @returns how the update ended. */
  readonly go: (listener: EventListener) => Promise<EngineRun>;
  /** There is to be no update. */
  readonly drop: () => Promise<void>;
}

/** Prepares an update; where a plan can't come late, it starts when the plan is there. */
export async function prepareUpdate(stage: Stage, engine: Engine, refresh: boolean): Promise<PreparedUpdate> {
  const { folder } = stage.task;
  const planFile = join(folder, "plan.json");
  const late = await createLatePlan(folder, `plan-${process.hrtime.bigint()}`);
  const dropped = new AbortController();
  const signal = AbortSignal.any([stage.signal, dropped.signal]);
  let listener: EventListener | undefined;
  let run: Promise<EngineRun> | undefined;
  const start = (plan: string): Promise<EngineRun> =>
    (run ??= engine.update({ signal, refresh, plan, onEvent: (event) => listener?.onEvent(event) }));
  return {
    planFile,
    begin: () => {
      if (late !== undefined) void start(late.path);
    },
    async go(given) {
      listener = given;
      if (late === undefined) return start(planFile);
      const begun = start(late.path);
      // An engine that has ended reads no plan, and tells itself why.
      const written = readFile(planFile, "utf8").then((text) => late.write(text));
      await Promise.race([written.catch(() => undefined), begun]);
      const ended = await begun;
      await late.abandon();
      return ended;
    },
    async drop() {
      dropped.abort();
      await run;
    },
  };
}
