/**
 * Kills a process of the platform service at a point that a test has named: loaded into the service and its operations by
 * `--import`. Where the file that the variable names exists, it holds a {@link CrashPoint}; once that is reached, the file is
 * renamed to "<file>.reached" and the kill follows at once.
 */
import { existsSync, readFileSync, readdirSync, renameSync } from "node:fs";
import { subscribe } from "node:diagnostics_channel";
import type { OperationEvent } from "../../../platform/domain/operation.ts";
import { sessionOf } from "../../../platform/runner/sessions.ts";

/** Variable that names the file. */
export const CRASH_VARIABLE = "TERRARIUM_TEST_CRASH";

/** What is killed. */
export type Target = "service" | "operation" | "engine" | "provider";

/** A moment in the life of a process. */
export interface CrashPoint {
  /** The process whose moment it is. */
  readonly in: "service" | "operation";
  /** What it does, one after the other; the point is reached with the last one. */
  readonly marks: readonly string[];
  readonly target: Target;
  /** For an engine: the command that it carries out. */
  readonly command?: string;
}

/** Milliseconds between two looks for a process that does not run yet. */
const EVERY_MS = 2;

const file = process.env[CRASH_VARIABLE];
const [, entry = ""] = process.argv;
if (file !== undefined && entry.endsWith("/operation-process.ts")) watchOperation(file);
else if (file !== undefined && entry.endsWith("/cli/main.ts")) watchService(file);

/** Marks: "PUT status" and "PATCH" before such a request about an Environment, "operation started", "operation ended". */
function watchService(path: string): void {
  const see = marker("service", path);
  subscribe("undici:request:create", (message) => {
    const { request } = message as { request: { method: string; path: string } };
    if (!/\/environments\/[^/]+(\/status)?$/.test(request.path)) return;
    if (request.method === "PATCH") see("PATCH");
    if (request.method === "PUT") see("PUT status");
  });
  onLines((line) => {
    const said = /"message":"(operation started|operation ended)"/.exec(line)?.[1];
    if (said !== undefined) see(said);
  });
}

/** Marks: "stage <name>", and in each stage "first", "half" and "last" by the resources that it changes. */
function watchOperation(path: string): void {
  const see = marker("operation", path);
  onLines((line) => {
    if (!line.startsWith("{")) return;
    const event = JSON.parse(line) as OperationEvent;
    if (event.type === "stage") see(`stage ${event.stage}`);
    if (event.type === "resource" && event.state === "started") see("first");
    if (event.type === "progress" && event.done >= Math.floor(event.total / 2)) see("half");
    if (event.type === "progress" && event.done >= event.total - 1) see("last");
  });
}

/** Calls with each line that the process writes, when it is written. */
function onLines(call: (line: string) => void): void {
  const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
  process.stdout.write = (...args: unknown[]): boolean => {
    const result = write(...args);
    for (const line of String(args[0]).split("\n")) call(line);
    return result;
  };
}

/** @returns what takes the marks of this process, as they come. */
function marker(own: CrashPoint["in"], path: string): (mark: string) => void {
  let seen = 0;
  return (mark) => {
    if (!existsSync(path)) {
      seen = 0;
      return;
    }
    const point = JSON.parse(readFileSync(path, "utf8")) as CrashPoint;
    if (point.in !== own || point.marks[seen] !== mark || ++seen < point.marks.length) return;
    renameSync(path, `${path}.reached`);
    strike(point);
  };
}

function strike(point: CrashPoint): void {
  const pid = point.in === "service" ? process.pid : find(point);
  if (pid === undefined) setTimeout(() => strike(point), EVERY_MS);
  else process.kill(pid, "SIGKILL");
}

/** The process that an operation's process is to kill; undefined while it does not run. */
function find({ target, command = "" }: CrashPoint): number | undefined {
  if (target === "service") return process.ppid;
  if (target === "operation") return process.pid;
  const wanted = target === "engine" ? `/pulumi\0${command}\0` : "/pulumi-resource-kubernetes";
  const pids = readdirSync("/proc").map(Number);
  return pids.find((pid) => pid > 0 && sessionOf(pid) === process.pid && commandLineOf(pid).includes(wanted));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
