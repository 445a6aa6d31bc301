/** The processes of a host cluster: what the supervisor starts, and the note it leaves about each. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One supervised process. */
export interface Service {
  readonly name: string;
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** The service starts only once this file exists. @default at once */
  readonly gate?: string;
}

/** Content of `services.json`. */
export interface SupervisorPlan {
  readonly services: readonly Service[];
  readonly pids: string;
  readonly logs: string;
}

/** Which process runs a service. */
export interface ServicePid {
  readonly pid: number;
  /** As `LocalProcess.identity`: a process that got the same number later differs. */
  readonly identity: string;
}

/** Writes the note about a running service; readers see the old one or the new one, never a part. */
export function writeServicePid(folder: string, name: string, entry: ServicePid): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  writeFileSync(`${path}.new`, JSON.stringify(entry));
  renameSync(`${path}.new`, path);
}

/** The notes about services, by the service's name. A note that cannot be read is left out. */
export function readServicePids(folder: string): Map<string, ServicePid> {
  const found = new Map<string, ServicePid>();
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return found;
  }
  for (const name of names.filter((entry) => !entry.endsWith(".new"))) {
    try {
      found.set(name, JSON.parse(readFileSync(join(folder, name), "utf8")) as ServicePid);
    } catch {
      // The supervisor was killed while it wrote; the process is found by its command line.
    }
  }
  return found;
}

/**
 * Start of the line that the supervisor writes into a service's log before each start, so that what earlier runs of the
 * service wrote is not taken for the running one's.
 */
export const startMark = "=== terrarium starts ";

/** The identity of a running process, in the form of `LocalProcess.identity`; undefined when it has ended. */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return fields[0] === "Z" || fields[19] === undefined ? undefined : `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}
