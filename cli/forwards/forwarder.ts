/**
 * The process that keeps port-forwards open: one kubectl for each, started again when it ends, as it does when its pod is
 * replaced. It ends with its file, or on SIGTERM, and takes every kubectl with it.
 *
 * Usage: node cli/forwards/forwarder.ts <path of forwards.json>
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Forward, ForwardsFile } from "./plan.ts";
import { startPortForward } from "./port-forward.ts";

/** Milliseconds between two tries. */
const pauseMs = 500;

const path = process.argv[2] ?? "";
const file = JSON.parse(readFileSync(path, "utf8")) as ForwardsFile;
const running = new Set<ChildProcess>();
let ending = false;

function end(): void {
  ending = true;
  for (const child of running) child.kill("SIGTERM");
  process.exit(0);
}
process.on("SIGTERM", end);
process.on("SIGINT", end);
setInterval(() => {
  if (!existsSync(path)) end();
}, 1000);

await Promise.all(file.forwards.map(keepOpen));

async function keepOpen(forward: Forward): Promise<void> {
  while (!ending) {
    await open(forward);
    await delay(pauseMs);
  }
}

function open(forward: Forward): Promise<void> {
  return new Promise((resolve) => {
    const child = startPortForward({ ...file, ...forward });
    running.add(child);
    const ended = (): void => {
      running.delete(child);
      resolve();
    };
    child.once("error", ended);
    child.once("close", ended);
  });
}
