import type { Undo } from "../engine/broken-cluster.ts";
import type { BrokenEnvironment, PodTemplate } from "./broken-environment.ts";
import type { OwnName } from "./own-environment.ts";

/** A way to break an environment that runs on real pods, and what the doctor must say first. */
export interface Breakage {
  readonly name: string;
  readonly environment: OwnName;
  readonly firstLine: RegExp;
  /** Breaks it, and waits until that shows. */
  readonly apply: (broken: BrokenEnvironment) => Promise<Undo>;
  /** Whether it concerns other environments too, so that it must have the cluster for itself. @default false */
  readonly isAlone?: boolean;
}

/** A Deployment like that of the service, but for one thing; broken once objects or events tell of it. */
export function variant(name: string, shows: RegExp, change: (template: PodTemplate) => void): Breakage["apply"] {
  return async (broken) => {
    const undo = await broken.variant(name, change);
    await orUndo(undo, () => broken.shows(name, shows));
    return undo;
  };
}

/** What a program of the image does. */
export const script = (text: string) => ["node", "--eval", text];

/** Undoes when what comes after fails. */
export async function orUndo<T>(undo: Undo, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Gives the pods another temporary volume. */
export function setTemporary({ spec }: PodTemplate, emptyDir: object): void {
  const index = spec.volumes.findIndex((volume) => "name" in volume && volume.name === "tmp");
  spec.volumes.splice(index, 1, { name: "tmp", emptyDir });
}
