import { readFile } from "node:fs/promises";
import { listProcesses } from "../../../clusters/processes.ts";

/** Variable that all processes of a run's services inherit; its value is the run's own. */
export const MARK_VARIABLE = "TERRARIUM_TEST_RUN";

/** What a process does for the service. */
export type Role = "service" | "operation" | "engine" | "provider" | "other";

/** A process of the service, or one that an ended service left. */
export interface ServiceProcess {
  readonly pid: number;
  readonly role: Role;
  readonly commandLine: string;
}

/** The processes of the services that were started with a mark, whoever their parents are by now. */
export async function serviceProcesses(mark: string): Promise<ServiceProcess[]> {
  const found = await Promise.all(
    (await listProcesses()).map(async ({ pid, commandLine }) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      const isOurs = environment.split("\0").includes(`${MARK_VARIABLE}=${mark}`);
      return isOurs ? [{ pid, commandLine, role: roleOf(commandLine) }] : [];
    }),
  );
  return found.flat();
}

/** Kills a process at once, unless it has ended. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Kills all processes of a run's services, the services first, as when a machine fails. */
export async function killEverything(mark: string): Promise<void> {
  const order: readonly Role[] = ["service", "operation", "engine", "provider", "other"];
  for (;;) {
    const running = await serviceProcesses(mark);
    if (running.length === 0) return;
    const sorted = running.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
    for (const { pid } of sorted) killNow(pid);
  }
}

function roleOf(commandLine: string): Role {
  if (/ platform run /.test(commandLine)) return "service";
  if (commandLine.includes("/operation-process.ts")) return "operation";
  if (/\/pulumi (preview|up|destroy|refresh|stack) /.test(commandLine)) return "engine";
  return commandLine.includes("/pulumi-resource-") ? "provider" : "other";
}
