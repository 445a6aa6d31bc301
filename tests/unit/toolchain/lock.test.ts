import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { withLock } from "../../../clusters/toolchain/lock.ts";
import { identityOf } from "../../../clusters/toolchain/process-identity.ts";
import { scratchFolder } from "./scratch.ts";

async function deadPid(): Promise<number> {
  const child = spawn("true");
  await once(child, "close");
  assert.ok(child.pid);
  return child.pid;
}

describe("lock", () => {
  const scratch = scratchFolder();
  const options = { pollMs: 1 };

  it("of a live process is waited for, and says so once", async () => {
    const file = scratch.path("a.lock");
    const order: string[] = [];
    let waiting: (() => void) | undefined;
    const isWaiting = new Promise<void>((resolve) => (waiting = resolve));
    const onWait = (owner: { pid: number }) => {
      order.push(`wait for ${owner.pid === process.pid ? "us" : "another"}`);
      waiting?.();
      return () => order.push("wait over");
    };
    const second = await withLock(file, options, async () => {
      const next = withLock(file, { ...options, onWait }, () => Promise.resolve(order.push("second")));
      await isWaiting;
      order.push("first");
      return { next };
    });
    await second.next;
    assert.deepEqual(order, ["wait for us", "first", "wait over", "second"]);
    assert.deepEqual(await readdir(scratch.path()), [], "nothing is left");
  });

  it("of a dead process is taken over, by one of many", async () => {
    const file = scratch.path("a.lock");
    await writeFile(file, JSON.stringify({ host: hostname(), pid: await deadPid(), started: "", token: "t" }));
    let inside = 0;
    let most = 0;
    const task = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(file, options, task)));
    assert.equal(most, 1);
    assert.deepEqual(await readdir(scratch.path()), []);
  });

  it("of a dead process is taken over although another process has its number now", async () => {
    const self = await identityOf();
    if (process.platform !== "linux") {
      return; // Other kernels don't tell when a process started.
    }
    const file = scratch.path("a.lock");
    await writeFile(file, JSON.stringify({ ...self, started: "1", token: "t" }));
    assert.equal(await withLock(file, options, () => Promise.resolve("taken")), "taken");
  });

  it("of a dead process is left alone while another process takes it over", async () => {
    const file = scratch.path("a.lock");
    const dead = { host: hostname(), pid: await deadPid(), started: "", token: "t" };
    await writeFile(file, JSON.stringify(dead));
    await writeFile(`${file}.t`, JSON.stringify({ ...(await identityOf()), token: "u" }));
    const wait = withLock(file, { ...options, signal: AbortSignal.timeout(30) }, () => Promise.resolve());
    await assert.rejects(wait, { name: "TimeoutError" });
    await writeFile(`${file}.t`, JSON.stringify(dead));
    assert.equal(await withLock(file, options, () => Promise.resolve("taken")), "taken", "that process died, too");
  });

  it("of a process on another machine is waited for until the signal aborts", async () => {
    const file = scratch.path("a.lock");
    await writeFile(file, JSON.stringify({ host: "elsewhere", pid: await deadPid(), started: "", token: "t" }));
    const abort = new AbortController();
    const onWait = () => {
      abort.abort(new Error("enough"));
      return () => undefined;
    };
    const wait = withLock(file, { ...options, onWait, signal: abort.signal }, () => Promise.resolve());
    await assert.rejects(wait, /^Error: enough$/);
    assert.deepEqual(await readdir(scratch.path()), ["a.lock"]);
  });

  it("is released when the task fails", async () => {
    const file = scratch.path("a.lock");
    await assert.rejects(
      withLock(file, options, () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.deepEqual(await readdir(scratch.path()), []);
  });
});
