/**
 * Keeps the processes of a host cluster running. Runs detached from the command that started it, until it is killed or
 * until the cluster's folder is gone.
 *
 * Usage: node supervisor.ts /absolute/path/of/services.json
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processIdentity, type Service, startMark, type SupervisorPlan, writeServicePid } from "./service.ts";

const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** A service that ran that long did not fail at its start: the next pause is a short one again. */
const steadyMs = 10_000;
const gatePollMs = 50;
const housekeepingMs = 5_000;
/** A log has at most twice this size: the older half is kept under another name. */
const logBytes = 16 * 1024 * 1024;

const planFile = process.argv[2] ?? "";
const plan = JSON.parse(readFileSync(planFile, "utf8")) as SupervisorPlan;
const children = new Map<string, ChildProcess>();

async function supervise(service: Service): Promise<void> {
  while (service.gate !== undefined && !existsSync(service.gate)) await delay(gatePollMs);
  let pauseMs = firstPauseMs;
  for (;;) {
    const startedAt = performance.now();
    const ending = await run(service);
    if (performance.now() - startedAt > steadyMs) pauseMs = firstPauseMs;
    note(`${service.name} ended (${ending}); starting it again in ${pauseMs} ms`);
    await delay(pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** @returns how the process ended. */
function run(service: Service): Promise<string> {
  return new Promise((resolve) => {
    const log = logFile(service.name);
    appendFileSync(log, `${startMark}${service.name} ${new Date().toISOString()}\n`);
    // The process writes into the file itself, so that it goes on when the supervisor is killed.
    const descriptor = openSync(log, "a", 0o600);
    const child = spawn(service.program, service.args, {
      cwd: "/",
      env: service.env,
      stdio: ["ignore", descriptor, descriptor],
    });
    closeSync(descriptor);
    children.set(service.name, child);
    if (child.pid !== undefined) {
      const identity = processIdentity(child.pid);
      if (identity !== undefined) writeServicePid(plan.pids, service.name, { pid: child.pid, identity });
    }
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("exit", (code, signal) => {
      resolve(signal ?? `exit code ${code ?? "unknown"}`);
    });
  });
}

/** Ends everything when the cluster's folder was deleted: nobody could find these processes later. */
async function keepHouse(): Promise<void> {
  for (;;) {
    await delay(housekeepingMs);
    if (!existsSync(planFile)) {
      for (const child of children.values()) child.kill("SIGKILL");
      process.exit(0);
    }
    for (const name of ["supervisor", ...children.keys()]) capLog(logFile(name));
  }
}

function capLog(file: string): void {
  if (!existsSync(file) || statSync(file).size <= logBytes) return;
  copyFileSync(file, `${file}.1`);
  // Writers append, so they go on at the new end.
  truncateSync(file);
}

function logFile(name: string): string {
  return join(plan.logs, `${name}.log`);
}

function note(line: string): void {
  appendFileSync(logFile("supervisor"), `${new Date().toISOString()} ${line}\n`);
}

mkdirSync(plan.logs, { recursive: true, mode: 0o700 });
note(`supervising ${plan.services.map((service) => service.name).join(", ")}`);
await Promise.race([keepHouse(), ...plan.services.map(supervise)]);
