import { readFile } from "node:fs/promises";
import type { LocalProcess } from "../clusters/processes.ts";

/** Variable by which an engine and its plugins are recognised as started for a checkout. */
export const ownerVariable = "TERRARIUM_ENGINE_OF";

/** Reads a process's environment; undefined when this user may not, or the system cannot tell. */
export type ReadEnvironment = (pid: number) => Promise<string | undefined>;

/**
 * Finds plugins and language hosts of this checkout whose engine was killed: they wait for it for ever. While any engine
 * of the checkout runs, none is reported.
 *
 * @param checkout its real path.
 */
export async function findOrphans(
  checkout: string,
  processes: readonly LocalProcess[],
  readEnvironment: ReadEnvironment = readProcEnvironment,
): Promise<LocalProcess[]> {
  const candidates = processes.filter(({ commandLine }) => isEngine(commandLine) || isEnginePart(commandLine));
  const owned = await Promise.all(
    candidates.map(async ({ pid }) => {
      const variables = (await readEnvironment(pid))?.split("\0") ?? [];
      return variables.includes(`${ownerVariable}=${checkout}`);
    }),
  );
  const ours = candidates.filter((_, index) => owned[index] === true);
  return ours.some(({ commandLine }) => isEngine(commandLine)) ? [] : ours;
}

function isEngine(commandLine: string): boolean {
  return /^(\S*\/)?pulumi( |$)/.test(commandLine);
}

function isEnginePart(commandLine: string): boolean {
  return /\/pulumi-(resource|language|analyzer)-/.test(commandLine) || commandLine.includes("@pulumi/pulumi/cmd/run");
}

const readProcEnvironment: ReadEnvironment = (pid) =>
  process.platform === "linux"
    ? readFile(`/proc/${pid}/environ`, "utf8").catch(() => undefined)
    : Promise.resolve(undefined);
