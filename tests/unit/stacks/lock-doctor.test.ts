import assert from "node:assert/strict";
import { join } from "node:path";
import type { LocalProcess } from "../../../clusters/processes.ts";
import { folderState } from "../../../stacks/folder-state.ts";
import { examineLocks, type LockFinding, type Witness } from "../../../stacks/lock-doctor.ts";
import { unlock } from "../../../stacks/unlock.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";

const lockedAt = "2026-11-21T08:57:05.646Z";
const pid = 99_999_999;
const host = "platform-0";
const stack = { project: "preview-environments", stack: "pr-7" };

/** What is known of owners. */
interface Known extends Pick<Witness, "isHostGone"> {
  readonly processes?: LocalProcess[];
}

function engine(startedAt: string): LocalProcess {
  return { pid, commandLine: "/tools/pulumi up", startedAtMs: Date.parse(startedAt), identity: startedAt };
}

describe("the locks of a stack", () => {
  const scratch = useScratchFolder();
  const key = ".pulumi/locks/organization/preview-environments/pr-7/1.json";
  const lockOf = (hostname: string): string => JSON.stringify({ pid, username: "ada", hostname, timestamp: lockedAt });
  const state = () => folderState(scratch().path);
  const examine = ({ processes = [], isHostGone }: Known = {}): Promise<LockFinding[]> =>
    examineLocks(state(), stack, { host, listProcesses: () => Promise.resolve(processes), isHostGone });

  it("are none where there is no state", async () => {
    assert.deepEqual(await examine(), []);
  });

  it("are dead when no process has the owner's number", async () => {
    const place = scratch().file(key, lockOf(host));
    const owner = `ada@${host}, process ${pid}`;
    assert.deepEqual(await examine(), [{ verdict: "dead", key, place, owner, proof: "that process has ended" }]);
  });

  it("are dead when the owner's number belongs to a process that started after the lock", async () => {
    scratch().file(key, lockOf(host));
    const [finding] = await examine({ processes: [engine("2026-11-21T09:30:00Z")] });
    assert.equal(finding?.verdict, "dead");
  });

  it("are live while the owner runs", async () => {
    scratch().file(key, lockOf(host));
    const [finding] = await examine({ processes: [engine("2026-11-21T08:57:04Z")] });
    assert.equal(finding?.verdict, "live");
  });

  it("prove nothing about an owner on another machine", async () => {
    scratch().file(key, lockOf("elsewhere"));
    assert.equal((await examine())[0]?.verdict, "unknown");
  });

  it("are dead when the pod of their owner is gone, and not while it is there", async () => {
    scratch().file(key, lockOf("platform-1"));
    const isHostGone = (name: string) => Promise.resolve(name === "platform-1");
    assert.equal((await examine({ isHostGone }))[0]?.verdict, "dead");
    assert.equal((await examine({ isHostGone: () => Promise.resolve(false) }))[0]?.verdict, "unknown");
  });

  it("of this host are never judged by whether the host is gone", async () => {
    scratch().file(key, lockOf(host));
    const [finding] = await examine({
      processes: [engine("2026-11-21T08:57:04Z")],
      isHostGone: () => Promise.resolve(true),
    });
    assert.equal(finding?.verdict, "live");
  });

  for (const text of ["", '{"pid":1,', "[]", '{"pid":"1"}', `{"pid":1,"hostname":"h","timestamp":"soon"}`]) {
    it(`prove nothing when the file is ${JSON.stringify(text)}`, async () => {
      scratch().file(key, text);
      assert.equal((await examine({ isHostGone: () => Promise.resolve(true) }))[0]?.verdict, "unknown");
    });
  }

  describe("that Pulumi was killed over before they were complete", () => {
    const unfinished = (secondsAgo: number) => `${key}.${((Date.now() - secondsAgo * 1000) * 1e6).toString(16)}.tmp`;

    it("are dead after a while", async () => {
      scratch().file(unfinished(31), "");
      assert.equal((await examine())[0]?.verdict, "dead");
    });

    it("prove nothing while they may still be being written", async () => {
      scratch().file(unfinished(20), "");
      assert.equal((await examine())[0]?.verdict, "unknown");
    });

    it("are judged by their owners where those are named", async () => {
      scratch().file(unfinished(31), lockOf(host));
      assert.equal((await examine({ processes: [engine("2026-11-21T08:57:04Z")] }))[0]?.verdict, "live");
    });
  });

  it("of another stack with a similar name are left out", async () => {
    for (const other of ["preview-environments/my-pr-7", "preview-environments/pr-70", "other/pr-7"]) {
      scratch().file(`.pulumi/locks/organization/${other}/1.json`, lockOf(host));
    }
    assert.deepEqual(await examine(), []);
  });

  describe("when a stack is unlocked", () => {
    const said: string[] = [];
    const free = (isHostGone?: Witness["isHostGone"]) =>
      unlock({
        ...stack,
        state: state(),
        say: (line) => said.push(line),
        listProcesses: () => Promise.resolve([]),
        isHostGone,
      });

    it("are removed once their owners are proven dead, with what lies beside them", async () => {
      scratch().file(key, lockOf("platform-1"));
      scratch().file(`${key}.attrs`, "{}");
      assert.equal(await free(() => Promise.resolve(true)), undefined);
      assert.deepEqual(await state().list(".pulumi/locks/"), []);
      assert.equal(await state().read(`${key}.attrs`), undefined);
      assert.match(said.join("\n"), /ada@platform-1, process \d+\): that pod is gone/);
    });

    it("take along what their owners had begun to write of the state", async () => {
      const checkpoint = ".pulumi/stacks/preview-environments/pr-7.json";
      for (const name of [
        key,
        checkpoint,
        `${checkpoint}.bak`,
        `${checkpoint}.18a3f0.tmp`,
        `${checkpoint}.bak.18a3f0.tmp`,
      ])
        scratch().file(name, lockOf(host));
      assert.equal(await free(() => Promise.resolve(true)), undefined);
      assert.deepEqual(await state().list(".pulumi/"), [checkpoint, `${checkpoint}.bak`]);
    });

    it("stay, all of them, while one owner's fate is not known", async () => {
      scratch().file(key, lockOf("platform-1"));
      scratch().file(key.replace("1.json", "2.json"), lockOf("platform-2"));
      const held = await free((name) => Promise.resolve(name === "platform-1"));
      assert.equal(held?.place, join(scratch().path, key.replace("1.json", "2.json")));
      assert.equal((await state().list(".pulumi/locks/")).length, 2);
    });
  });
});
