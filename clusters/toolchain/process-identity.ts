import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { systemErrorCode } from "./errors.ts";

/** Names one process so that another process with the same number, later or elsewhere, is not taken for it. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks; empty where the kernel doesn't tell (macOS). */
  readonly started: string;
}

/** The identity of a process on this machine. @default this process */
export async function identityOf(pid: number = process.pid): Promise<ProcessIdentity> {
  return { host: hostname(), pid, started: await startOf(pid) };
}

/** Whether the process still runs. A process of another machine (a shared cache folder) counts as running. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.host !== hostname()) {
    return true;
  }
  if (!pidExists(identity.pid)) {
    return false;
  }
  return identity.started === "" || identity.started === (await startOf(identity.pid));
}

/** Whether any process of this machine has the number now. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

/** Field 22 of /proc/PID/stat; counted from behind the command's name, which may contain blanks. */
async function startOf(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
