/** The processes of a host cluster: supervised programs, container runtimes' helpers, and what runs in containers. */
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { type LocalProcess, listProcesses } from "../processes.ts";
import { ClusterError } from "../provider.ts";
import { waitUntil } from "../wait-until.ts";
import type { HostLayout } from "./layout.ts";
import { readServicePids } from "./service.ts";
import { rootLiesIn } from "./traces.ts";

/** Programs that may belong to a host cluster. */
const programs = [
  ...["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"],
  ...["containerd", "kubelet", "kube-proxy", "calico-felix"],
];

const shim = "containerd-shim-runc-v2";

/** Name of the supervisor among the services. */
export const supervisorName = "supervisor";

/** What runs of a host cluster, by service; "shim" and "container" are those of its pods. */
export interface HostProcess extends LocalProcess {
  readonly service: string;
}

/** The supervised processes and the supervisor, as the notes and the command lines tell. */
export async function serviceProcesses(layout: HostLayout): Promise<HostProcess[]> {
  const notes = new Map([...readServicePids(layout.pids)].map(([name, note]) => [note.identity + note.pid, name]));
  const all = await listProcesses();
  return all.flatMap((entry) => {
    const service = notes.get(entry.identity + entry.pid) ?? serviceByCommandLine(entry.commandLine, layout);
    return service === undefined ? [] : [{ ...entry, service }];
  });
}

/**
 * The service whose program runs under a command line with one of the cluster's own files in it; undefined when it is
 * another program, such as an editor of such a file.
 */
export function serviceByCommandLine(commandLine: string, layout: HostLayout): string | undefined {
  const words = commandLine.split(" ");
  const program = basename(words[0] ?? "");
  const isOurs = [layout.data, layout.run].some((folder) => commandLine.includes(`${folder}/`));
  if (!isOurs) return undefined;
  if (programs.includes(program)) return program;
  if (program === shim && commandLine.includes(layout.run)) return "shim";
  const isSupervisor =
    words.some((word) => word.endsWith("/host/supervisor.ts")) && commandLine.endsWith(layout.services);
  return isSupervisor ? supervisorName : undefined;
}

/** Processes in containers of this cluster: their root folder lies in the cluster's container runtime's. */
export function containerProcesses(layout: HostLayout): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return rootLiesIn(readFileSync(`/proc/${pid}/mountinfo`, "utf8"), layout.containerdRoot);
      } catch {
        return false;
      }
    });
}

/**
 * Ends the supervised processes; pods go on running.
 *
 * @throws ClusterError when one cannot be ended.
 */
export function stopServices(layout: HostLayout): Promise<void> {
  return endAll(async () => {
    const running = (await serviceProcesses(layout)).filter(({ service }) => service !== "shim");
    // The supervisor first: it would start the others again.
    const supervisor = running.filter(({ service }) => service === supervisorName);
    return (supervisor.length > 0 ? supervisor : running).map(({ pid }) => pid);
  });
}

/** Ends all processes of the cluster's pods. @throws ClusterError when one cannot be ended. */
export function stopPods(layout: HostLayout): Promise<void> {
  return endAll(async () => {
    const shims = (await serviceProcesses(layout)).filter(({ service }) => service === "shim");
    return [...shims.map(({ pid }) => pid), ...containerProcesses(layout)];
  });
}

async function endAll(find: () => Promise<number[]>): Promise<void> {
  const left = await waitUntil(
    async () => {
      const pids = await find();
      for (const pid of pids) kill(pid);
      return pids.length === 0 ? undefined : pids.join(", ");
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );
  if (left !== undefined) throw new ClusterError(`Processes ${left} of the host cluster cannot be ended.`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
