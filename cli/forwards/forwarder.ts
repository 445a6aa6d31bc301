/**
 * The process that keeps port-forwards open: one kubectl for each, started again when it ends, as it does when its pod is
 * replaced. It ends with its file, or on SIGTERM, and takes every kubectl with it.
 *
 * Usage: node cli/forwards/forwarder.ts <path of forwards.json>
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Forward, ForwardsFile } from "./plan.ts";

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

function open({ service, port, localPort }: Forward): Promise<void> {
  return new Promise((resolve) => {
    const where = ["--kubeconfig", file.kubeconfig, "--context", file.context, "--namespace", file.namespace];
    const args = [...where, "port-forward", "--address", "127.0.0.1", `service/${service}`, `${localPort}:${port}`];
    const child = spawn(file.kubectl, args, { stdio: ["ignore", "ignore", "pipe"] });
    running.add(child);
    // kubectl stays after its pod is gone, with a port that leads nowhere: it says so, and has to be ended.
    child.stderr.on("data", (text: Buffer) => {
      if (/lost connection|error forwarding|unable to do port forwarding|network namespace/i.test(text.toString()))
        child.kill("SIGTERM");
    });
    const ended = (): void => {
      running.delete(child);
      resolve();
    };
    child.once("error", ended);
    child.once("close", ended);
  });
}
