/**
 * Processes of an operation. Each operation's process leads a session of its own; whatever it starts stays in that session,
 * also what gets a process group of its own, as Pulumi's plugins do, and what outlives the process that started it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { runCommand } from "../../clusters/run-command.ts";
import { waitUntil } from "../../clusters/wait-until.ts";

/** The processes of one session. */
export interface Session {
  readonly pids: readonly number[];
  /** Resident memory of all of them; what two share counts twice. */
  readonly residentBytes: number;
}

/** Bytes of the pages in which Linux counts resident memory, on the architectures that Pulumi is made for. */
const PAGE_BYTES = 4096;

/** Milliseconds that killed processes get to go: one that waits for a disk takes longer. */
const killTimeoutMs = 5_000;

/** The sessions that some processes lead, by the leader's pid. Those of which no process is left are missing. */
export async function findSessions(leaders: readonly number[]): Promise<Map<number, Session>> {
  const found = new Map<number, { pids: number[]; residentBytes: number }>();
  const processes = process.platform === "linux" ? fromProc() : await fromPs(leaders);
  for (const { pid, session, bytes } of processes) {
    if (!leaders.includes(session)) continue;
    const entry = found.get(session) ?? { pids: [], residentBytes: 0 };
    entry.pids.push(pid);
    entry.residentBytes += bytes;
    found.set(session, entry);
  }
  return found;
}

/** Kills every process of a session but this one, and those that they start meanwhile. */
export async function killSession(leader: number): Promise<void> {
  await waitUntil(
    async () => {
      const pids = (await findSessions([leader])).get(leader)?.pids.filter((pid) => pid !== process.pid) ?? [];
      return pids.filter(kill).length === 0 ? undefined : "some had to be killed; others may have come";
    },
    { timeoutMs: killTimeoutMs, everyMs: 20 },
  );
}

/**
 * Whether an engine was started by an operation whose process is gone. Nobody listens to it any more.
 *
 * @param variable by which engines of operations are known in their environment.
 */
export async function isOrphanedEngine(pid: number, variable: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  if (!environment.split("\0").some((entry) => entry.startsWith(`${variable}=`))) return false;
  const leader = sessionOf(pid);
  return leader !== undefined && readStat(leader) === undefined;
}

/** The leader of a process's session; undefined when it has ended, and where the system has no sessions to be seen. */
export function sessionOf(pid: number): number | undefined {
  return process.platform === "linux" ? readStat(pid)?.session : undefined;
}

/**
 * Whether a process runs and leads a session. Numbers are soon used again, for threads too, but hardly for another leader.
 * Where the system has no sessions to be seen, whether it runs.
 */
export function leadsSession(pid: number): boolean {
  return process.platform === "linux" ? readStat(pid)?.session === pid : isProcessAlive(pid);
}

/** Whether a process of this machine has that number and runs. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

interface Entry {
  readonly pid: number;
  readonly session: number;
  readonly bytes: number;
}

function fromProc(): Entry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** Undefined for a process that has ended, whether it was collected or not. */
function readStat(pid: number): Entry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { pid, session: Number(fields[3]), bytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return undefined;
  }
}

/** Where the system has no sessions to be seen, descent stands for them. */
async function fromPs(leaders: readonly number[]): Promise<Entry[]> {
  const result = await runCommand("ps", ["-axo", "pid=,ppid=,rss="], { env: { PATH: "/bin:/usr/bin" } });
  const rows = result.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const parents = new Map(rows.map(([pid = 0, parent = 0]) => [pid, parent]));
  const leaderOf = (pid: number | undefined): number =>
    pid === undefined || pid <= 1 ? 0 : leaders.includes(pid) ? pid : leaderOf(parents.get(pid));
  return rows.map(([pid = 0, , kibibytes = 0]) => ({ pid, session: leaderOf(pid), bytes: kibibytes * 1024 }));
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
