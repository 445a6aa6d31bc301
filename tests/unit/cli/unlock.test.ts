import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { findOrphans, ownerVariable } from "../../../cli/orphans.ts";
import { readStackFile } from "../../../cli/project.ts";
import { RunRecord } from "../../../cli/run-record.ts";
import { ensureUnlocked } from "../../../cli/unlock.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import type { LocalProcess } from "../../../clusters/processes.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

const lockedAt = "2026-11-21T08:57:05.646Z";
/** A number that no process has: above every system's largest. */
const pid = 99_999_999;

function engine(startedAt: string): LocalProcess {
  return { pid, commandLine: "/tools/pulumi up", startedAtMs: Date.parse(startedAt), identity: startedAt };
}

describe("the locks of a stack, before an update", () => {
  const scratch = useScratchFolder();
  const lockName = ".terrarium/state/.pulumi/locks/organization/terrarium/dev/1.json";
  const writeLock = (text: string): string => scratch().file(lockName, text);
  const lockOf = (host: string): string =>
    JSON.stringify({ pid, username: "ada", hostname: host, timestamp: lockedAt });
  const unlock = async (...processes: LocalProcess[]): Promise<string[]> => {
    const { checkout } = testSurroundings(scratch());
    const paths = localPaths(checkout);
    const said: string[] = [];
    await ensureUnlocked({
      paths,
      file: readStackFile(checkout, "dev"),
      record: new RunRecord(paths),
      say: (line) => said.push(line),
      listProcesses: () => Promise.resolve(processes),
    });
    return said;
  };

  it("are removed when dead, saying whose they were and how that is known", async () => {
    const path = writeLock(lockOf(hostname()));
    const attributes = scratch().file(`${lockName}.attrs`, "{}");
    assert.deepEqual(await unlock(), [
      `Removing the lock of an interrupted update (ada@${hostname()}, process ${pid}): that process has ended.`,
    ]);
    assert.equal(existsSync(path), false);
    assert.equal(existsSync(attributes), false);
  });

  it("stop the command when the owner lives, naming it, and stay", async () => {
    const path = writeLock(lockOf(hostname()));
    await assert.rejects(unlock(engine("2026-11-21T08:57:04Z")), {
      name: "CommandFailure",
      message: `The stack "dev" is being updated by process ${pid} since ${lockedAt} (ada@${hostname()}, process ${pid}). Wait for it to end, or stop it with \`kill -INT ${pid}\`, then run the command again.`,
    });
    assert.equal(existsSync(path), true);
  });

  it("stop the command when nothing is proven, and stay, the dead ones too", async () => {
    const dead = writeLock(lockOf(hostname()));
    const foreign = scratch().file(lockName.replace("1.json", "2.json"), lockOf("elsewhere"));
    await assert.rejects(unlock(), (error: Error) => error.message.includes(foreign));
    assert.equal(existsSync(dead), true);
    assert.equal(existsSync(foreign), true);
  });
});

describe("plugins of a killed engine", () => {
  const plugin = { ...engine(lockedAt), pid: 11, commandLine: "/cache/plugins/pulumi-resource-random 127.0.0.1:1" };
  const host = { ...engine(lockedAt), pid: 12, commandLine: "/cache/bin/pulumi-language-nodejs 127.0.0.1:1" };
  const ours = (): Promise<string> => Promise.resolve(`A=b\0${ownerVariable}=/checkout\0`);

  it("are found by the checkout in their environment", async () => {
    assert.deepEqual(await findOrphans("/checkout", [plugin, host], ours), [plugin, host]);
  });

  it("of another checkout are left alone", async () => {
    assert.deepEqual(await findOrphans("/checkout-2", [plugin, host], ours), []);
    assert.deepEqual(await findOrphans("/check", [plugin, host], ours), []);
  });

  it("are left alone while an engine of the checkout runs", async () => {
    assert.deepEqual(await findOrphans("/checkout", [plugin, engine(lockedAt)], ours), []);
  });

  it("are left alone where their environment cannot be read", async () => {
    assert.deepEqual(await findOrphans("/checkout", [plugin], () => Promise.resolve(undefined)), []);
  });
});
