import { readdir, readFile } from "node:fs/promises";
import { runCommand } from "./run-command.ts";

/** A process of this machine. */
export interface LocalProcess {
  readonly pid: number;
  /** Program and arguments, separated by spaces. */
  readonly commandLine: string;
  /** When it started, in milliseconds since 1970, accurate to about a second. */
  readonly startedAtMs: number;
  /** Differs between two processes that had the same pid one after the other. */
  readonly identity: string;
}

/** Lists the processes that this user can see. Processes that ended but were not collected yet are not listed. */
export type ListProcesses = () => Promise<LocalProcess[]>;

/** Lists the processes of this machine: from /proc on Linux, through `ps` elsewhere. */
export const listProcesses: ListProcesses = () => (process.platform === "linux" ? fromProc() : fromPs());

/** Linux reports start times in hundredths of a second on every architecture. */
const millisecondsPerTick = 10;

async function fromProc(): Promise<LocalProcess[]> {
  const [entries, stat, bootId] = await Promise.all([
    readdir("/proc"),
    readFile("/proc/stat", "utf8"),
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "unknown boot"),
  ]);
  const bootedAtMs = Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000;
  const pids = entries.filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(pids.map((pid) => readProcEntry(pid, bootedAtMs, bootId.trim())));
  return found.filter((entry) => entry !== undefined);
}

async function readProcEntry(pid: string, bootedAtMs: number, bootId: string): Promise<LocalProcess | undefined> {
  try {
    const [commandLine, stat] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The second field is the program's name in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    const startTicks = fields[19];
    if (commandLine === "" || state === "Z" || state === "X" || startTicks === undefined) return undefined;
    return {
      pid: Number(pid),
      commandLine: commandLine.replaceAll("\0", " ").trim(),
      startedAtMs: bootedAtMs + Number(startTicks) * millisecondsPerTick,
      identity: `${bootId}/${startTicks}`,
    };
  } catch {
    // It ended between the two reads.
    return undefined;
  }
}

async function fromPs(): Promise<LocalProcess[]> {
  const result = await runCommand("ps", ["-ww", "-axo", "pid=,stat=,lstart=,args="], {
    env: { PATH: "/bin:/usr/bin", LC_ALL: "C" },
    timeoutMs: 10_000,
  });
  return parsePs(result.stdout);
}

/** Reads the lines of `ps -axo pid=,stat=,lstart=,args=` in the C locale. */
export function parsePs(output: string): LocalProcess[] {
  const found: LocalProcess[] = [];
  for (const line of output.split("\n")) {
    const match = /^\s*(\d+)\s+(\S+)\s+(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\s+(.*)$/.exec(line);
    const [, pid, state, started, commandLine] = match ?? [];
    if (pid === undefined || started === undefined || commandLine === undefined || state?.startsWith("Z")) continue;
    found.push({ pid: Number(pid), commandLine, startedAtMs: Date.parse(started), identity: started });
  }
  return found;
}
