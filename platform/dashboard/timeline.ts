import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { secondsOf } from "./wording.ts";

/** A step as a bar: where it begins and how long it is, in thousandths of the whole. */
export interface BarView {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly duration: string;
  readonly isRunning: boolean;
}

/** The steps of an update over its time. */
export interface TimelineView {
  readonly bars: readonly BarView[];
  /** Of the whole. */
  readonly duration: string;
  readonly startedAt: string;
}

/** Shortest bar, so that it can be seen. */
const SHORTEST = 4;

/** Shows the steps of the last update, or of the one that runs. @returns undefined where there are none. */
export function viewTimeline({ steps = [] }: PreviewEnvironmentStatus, now: Date): TimelineView | undefined {
  const spans = steps.map(({ name, startedAt, finishedAt }) => ({
    name,
    from: Date.parse(startedAt),
    to: finishedAt === undefined ? Math.max(now.getTime(), Date.parse(startedAt)) : Date.parse(finishedAt),
    isRunning: finishedAt === undefined,
  }));
  if (spans.length === 0) return undefined;
  const first = Math.min(...spans.map(({ from }) => from));
  const whole = Math.max(...spans.map(({ to }) => to)) - first;
  const share = (milliseconds: number): number => Math.round((1000 * milliseconds) / Math.max(whole, 1));
  return {
    bars: spans.map(({ name, from, to, isRunning }) => {
      const length = Math.min(Math.max(share(to - from), SHORTEST), 1000);
      const start = Math.min(share(from - first), 1000 - length);
      return { name, start, length, duration: secondsOf((to - from) / 1000), isRunning };
    }),
    duration: secondsOf(whole / 1000),
    startedAt: new Date(first).toISOString(),
  };
}
