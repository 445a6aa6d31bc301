import { formatTable } from "../cli/table.ts";
import type { PeakMemory } from "./memory.ts";
import type { TimeSplit } from "./time-split.ts";

/** Two measured commands that do the same work. */
export interface Comparison {
  readonly ours: string;
  readonly peer: string;
  /** Largest ratio ours/peer that the project promises; none where the figure is for information. */
  readonly target?: number;
}

/** Minimum, median and maximum. */
interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What one run of the benchmark found. Times are in seconds. */
export interface Measurements {
  readonly objects: number;
  readonly rounds: number;
  readonly comparisons: readonly (Comparison & {
    readonly oursSeconds: Spread;
    readonly peerSeconds: Spread;
    readonly ratio: Spread;
  })[];
  readonly createSplit: TimeSplit;
  readonly memory: PeakMemory;
}

/** Medians, and ratios of the rounds' pairs: what drifts with the machine drifts in both halves of a pair. */
export function summarize(
  comparisons: readonly Comparison[],
  seconds: ReadonlyMap<string, readonly number[]>,
  createSplit: TimeSplit,
  memory: PeakMemory,
  shape: { readonly objects: number; readonly rounds: number },
): Measurements {
  const times = (name: string) => seconds.get(name) ?? [];
  return {
    ...shape,
    comparisons: comparisons.map((comparison) => {
      const [ours, peer] = [times(comparison.ours), times(comparison.peer)];
      const ratios = ours.map((value, round) => value / (peer[round] ?? Number.NaN));
      return { ...comparison, oursSeconds: spread(ours), peerSeconds: spread(peer), ratio: spread(ratios) };
    }),
    createSplit,
    memory,
  };
}

/** The benchmark's table. */
export function formatMeasurements(result: Measurements): string {
  const rows = result.comparisons.map(({ ours, peer, target, oursSeconds, peerSeconds, ratio }) => [
    ours,
    show(oursSeconds),
    peer,
    show(peerSeconds),
    ratio.median.toFixed(2),
    target === undefined ? "-" : `<= ${target.toFixed(1)}`,
    target === undefined ? "" : ratio.median <= target ? "met" : "missed",
  ]);
  const { cli, program, engine, waiting, end } = result.createSplit;
  const { total, byProgram } = result.memory;
  const programs = Object.entries(byProgram).toSorted((a, b) => b[1] - a[1]);
  return [
    `${result.objects} objects, ${result.rounds} rounds; seconds as median (min-max); ratio is the median of the rounds' ratios`,
    formatTable(["terrarium", "seconds", "peer", "seconds", "ratio", "target", ""], rows),
    `create, split: command line ${cli.toFixed(2)} s, program start ${program.toFixed(2)} s, engine ${engine.toFixed(2)} s, ` +
      `waiting for pods ${waiting.toFixed(2)} s, end ${end.toFixed(2)} s`,
    total === undefined
      ? "peak memory: not measured on this system"
      : `peak memory of a first update: ${mebibytes(total)} MiB (${programs.map(([name, bytes]) => `${name} ${mebibytes(bytes)}`).join(", ")})`,
  ].join("\n");
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return { min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0 };
}

function show({ min, median, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
