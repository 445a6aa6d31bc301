import { readFile, readlink } from "node:fs/promises";
import { identityOf, isAlive, type ProcessIdentity } from "../clusters/toolchain/process-identity.ts";

/** The run that made something in a cluster, so that another run can tell whether it still needs it. */
export interface Owner extends ProcessIdentity {
  /** This boot of this machine and its numbering of processes; empty where the system does not tell. */
  readonly machine: string;
}

/** This process as an owner, as text for an annotation. */
export async function ownOwner(): Promise<string> {
  return JSON.stringify({ ...(await identityOf()), machine: await machine() } satisfies Owner);
}

/** Whether the owner certainly does not run any more: only a process of this very machine can be judged. */
export async function isProvenDead(owner: string | undefined): Promise<boolean> {
  const parsed = parseOwner(owner);
  return parsed !== undefined && parsed.machine === (await machine()) && !(await isAlive(parsed));
}

function parseOwner(text: string | undefined): Owner | undefined {
  try {
    const parsed = JSON.parse(text ?? "") as Partial<Owner> | null;
    const { host, pid, started, machine } = parsed ?? {};
    if (typeof host !== "string" || typeof pid !== "number" || typeof machine !== "string") return undefined;
    return { host, pid, started: typeof started === "string" ? started : "", machine };
  } catch {
    return undefined;
  }
}

/** Containers may share a host name and not a numbering of processes. */
async function machine(): Promise<string> {
  try {
    const [boot, numbering] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readlink("/proc/self/ns/pid"),
    ]);
    return `${boot.trim()} ${numbering}`;
  } catch {
    return "";
  }
}
