import { readdirSync, readFileSync } from "node:fs";

/** Most memory that processes started by an action held at once, in bytes of resident set; undefined where /proc is missing. */
export interface PeakMemory {
  readonly total: number | undefined;
  readonly byProgram: Readonly<Record<string, number>>;
}

const SAMPLE_MS = 50;
const PAGE_BYTES = 4096;

/** Runs an action and samples the memory of every process below this one while it runs. */
export async function peakMemory<T>(action: () => Promise<T>): Promise<{ peak: PeakMemory; result: T }> {
  let peak = 0;
  let byProgram: Record<string, number> = {};
  const timer = setInterval(() => {
    const sample = descendants(process.pid);
    const total = sample.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total <= peak) return;
    peak = total;
    byProgram = {};
    for (const { program, bytes } of sample) byProgram[program] = (byProgram[program] ?? 0) + bytes;
  }, SAMPLE_MS);
  try {
    const result = await action();
    return { peak: { total: peak || undefined, byProgram }, result };
  } finally {
    clearInterval(timer);
  }
}

function descendants(root: number): { program: string; bytes: number }[] {
  const children = new Map<number, { pid: number; program: string; bytes: number }[]>();
  for (const entry of listProcesses()) {
    const match = /^\d+ \((.*)\) \S (\d+) (?:\S+ ){19}(\d+)/.exec(entry.stat);
    if (!match) continue;
    const [, program = "", parent = "", pages = "0"] = match;
    const siblings = children.get(Number(parent)) ?? [];
    siblings.push({ pid: entry.pid, program, bytes: Number(pages) * PAGE_BYTES });
    children.set(Number(parent), siblings);
  }
  const below = (pid: number): { program: string; bytes: number }[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child.pid)]);
  return below(root);
}

function listProcesses(): { pid: number; stat: string }[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [{ pid: Number(name), stat: readFileSync(`/proc/${name}/stat`, "utf8") }];
        } catch {
          return []; // it ended meanwhile
        }
      });
  } catch {
    return [];
  }
}
