import { processSurroundings } from "../../cli/process-surroundings.ts";
import { doctor } from "../../cli/doctor.ts";
import { CommandFailure } from "../../cli/exit.ts";
import type { Diagnosis } from "../../doctor/index.ts";
import type { Breakage } from "./breaking.ts";
import { BrokenEnvironment } from "./broken-environment.ts";
import type { OwnName } from "./own-environment.ts";
import { checkout } from "./stack.ts";

/** What the doctor said of an environment, and how long it took. */
export interface Verdict extends Diagnosis {
  /** "" where it found nothing wrong. */
  readonly firstLine: string;
  readonly seconds: number;
}

/** What becomes of the breakages of one environment. */
export interface Verdicts {
  /** While nothing is broken. */
  readonly healthy: Promise<Verdict>;
  readonly broken: ReadonlyMap<Breakage, Promise<Verdict>>;
}

const surroundings = processSurroundings();

/** Breaks each environment in one way after the other, environments at the same time, and asks the doctor each time. */
export function breakAll(breakages: readonly Breakage[]): Verdicts[] {
  const names = [...new Set(breakages.map(({ environment }) => environment))];
  return names.map((name) =>
    breakOne(
      name,
      breakages.filter(({ environment }) => environment === name),
    ),
  );
}

function breakOne(name: OwnName, breakages: readonly Breakage[]): Verdicts {
  const environment = new BrokenEnvironment(name);
  const ask = () => askDoctor(environment.environment.stack);
  const healthy = ask();
  let before: Promise<unknown> = healthy.catch(() => undefined);
  const broken = new Map<Breakage, Promise<Verdict>>();
  for (const breakage of breakages) {
    const verdict = before.then(async () => {
      const undo = await breakage.apply(environment);
      return ask().finally(undo);
    });
    broken.set(breakage, verdict);
    before = verdict.catch(() => undefined);
  }
  void before.then(() => {
    environment.close();
  });
  return { healthy, broken };
}

async function askDoctor(stack: string): Promise<Verdict> {
  let text = "";
  const stdout = { write: (part: string) => (text += part) };
  const started = performance.now();
  await doctor({ ...surroundings, checkout, stdout }, { stack, output: "json" }).catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
  });
  const diagnosis = JSON.parse(text) as Diagnosis;
  const firstLine = diagnosis.causes[0]?.finding.says ?? "";
  return { ...diagnosis, firstLine, seconds: (performance.now() - started) / 1000 };
}
