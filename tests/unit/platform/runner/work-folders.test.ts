import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../../../../clusters/wait-until.ts";
import { createLatePlan } from "../../../../platform/runner/late-plan.ts";
import { WorkFolders } from "../../../../platform/runner/work-folders.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";

describe("the folders of operations", () => {
  const scratch = useScratchFolder();
  const root = () => join(scratch().path, "operations");
  const folders = () => new WorkFolders(root(), 60_000);
  /** Number of a process that has ended. */
  const { pid: gone } = spawnSync("true");
  const left = (name: string): boolean => {
    scratch().file(`operations/${name}/plan.json`, "{}");
    folders().removeAbandoned();
    return readdirSync(root()).includes(name);
  };

  it("are removed once who worked in them is gone", () => {
    assert.equal(left(`${hostname()}.${gone}.aaaaaa`), false);
  });

  it("stay while an operation is still ending", () => {
    const { pid = 0 } = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    assert.equal(left(`${hostname()}.${pid}.aaaaaa`), true);
    process.kill(pid);
  });

  it("stay until the service that made them removes them", () => {
    const mine = folders().make();
    folders().removeAbandoned();
    assert.equal(readdirSync(root()).length, 1);
    folders().remove(mine);
    assert.deepEqual(readdirSync(root()), []);
  });

  it("are removed where the number is a thread's by now", () => {
    const thread = readdirSync("/proc/self/task").find((id) => Number(id) !== process.pid);
    assert.equal(left(`${hostname()}.${thread}.aaaaaa`), false);
  });

  it("of other hosts are removed once they are older than any operation", () => {
    const name = "other.example.com.1.aaaaaa";
    assert.equal(left(name), true);
    utimesSync(join(root(), name), new Date(), Date.now() / 1000 - 61);
    folders().removeAbandoned();
    assert.deepEqual(readdirSync(root()), []);
  });

  it("let go whoever waits in one of them for a plan that never comes", async () => {
    const name = `${hostname()}.${gone}.aaaaaa`;
    scratch().file(`operations/${name}/plan.json`, "{}");
    const plan = await createLatePlan(join(root(), name), "plan");
    const reader = spawn("cat", [plan?.path ?? ""], { stdio: ["ignore", "ignore", "inherit"], timeout: 5_000 });
    const ended = new Promise((resolve) => reader.once("close", resolve));
    await waitUntil(() => Promise.resolve(isWaiting(reader.pid) ? undefined : "starting"), { timeoutMs: 5_000 });
    folders().removeAbandoned();
    assert.equal(await ended, 0);
    assert.deepEqual(readdirSync(root()), []);
  });
});

/** Whether `cat` has come to where it waits. */
function isWaiting(pid = 0): boolean {
  const [, name, state] = /^\d+ \((.*)\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  return name === "cat" && state === "S";
}
