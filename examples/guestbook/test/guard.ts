/**
 * Cleans up after a test run, however it ends: a process of its own that reads "pid <number>" and "folder <path>" lines
 * and, when its input closes because the tests are over or were killed, ends the processes and removes the folders.
 */
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const pids: number[] = [];
const folders: string[] = [];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
for await (const line of createInterface({ input: process.stdin })) {
  const [kind, value = ""] = line.split(" ", 2);
  if (kind === "pid") pids.push(Number(value));
  if (kind === "folder") folders.push(value);
}
for (const pid of pids.reverse()) {
  // SIGQUIT makes Postgres end its own children at once; Node and Redis end by it too.
  for (const signal of ["SIGQUIT", "SIGCONT"] as const) end(pid, signal);
}
const deadline = Date.now() + 3000;
while (pids.some(isAlive) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
for (const pid of pids) end(pid, "SIGKILL");
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
