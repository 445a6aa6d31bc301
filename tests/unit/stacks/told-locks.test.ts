import assert from "node:assert/strict";
import { hostname } from "node:os";
import fc from "fast-check";
import { lockPrefix } from "../../../stacks/state-files.ts";
import { toldLocks } from "../../../stacks/told-locks.ts";
import { unlock } from "../../../stacks/unlock.ts";

const STACK = { project: "preview-environments", stack: "pr-7" };
const HERE = hostname();
const AT = "2026-11-21T08:57:05Z";

interface Lock {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** As Pulumi says it. */
function told(locks: readonly Lock[], { project, stack } = STACK): string {
  const lines = locks.map(
    ({ id, host, pid }) =>
      `  s3://acme/previews/${lockPrefix({ project, stack })}${id}.json?region=eu-west-1: created by ada@${host} (pid ${pid}) at ${AT}`,
  );
  const first = `error: the stack is currently locked by ${locks.length} lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.`;
  return [first, ...lines].join("\n");
}

describe("locks that Pulumi tells of", () => {
  const dead: Lock = { id: "a", host: HERE, pid: 99_999_999 };

  /** Removes what may be removed. @param alive numbers of processes that run. */
  async function free(locks: readonly Lock[], alive: readonly number[] = []) {
    let cancels = 0;
    const state = toldLocks(told(locks), STACK, () => {
      cancels++;
      return Promise.resolve();
    });
    assert.ok(state);
    const processes = alive.map((pid) => ({ pid, commandLine: "pulumi up", startedAtMs: 0, identity: "" }));
    const listProcesses = () => Promise.resolve(processes);
    const held = await unlock({ ...STACK, state, listProcesses, say: () => undefined });
    return { held, cancels };
  }

  it("are all there, whoever holds them, on one line or on several", async () => {
    const locks = fc.uniqueArray(fc.record({ id: fc.uuid(), host: fc.domain(), pid: fc.nat({ max: 4_194_304 }) }), {
      minLength: 1,
      maxLength: 5,
      selector: ({ id }) => id,
    });
    await fc.assert(
      fc.asyncProperty(locks, fc.boolean(), async (all, isFolded) => {
        const text = isFolded ? told(all).replaceAll(/\s+/g, " ") : told(all);
        const state = toldLocks(text, STACK, () => Promise.resolve());
        const keys = (await state?.list(lockPrefix(STACK))) ?? [];
        const found = await Promise.all(
          keys.map(async (key) => JSON.parse((await state?.read(key)) ?? "{}") as object),
        );
        const wanted = all
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .map(({ host, pid }) => ({ pid, username: "ada", hostname: host, timestamp: AT }));
        assert.deepEqual(found, wanted);
      }),
    );
  });

  it("are cancelled once when all owners are dead", async () => {
    assert.deepEqual(await free([dead, { ...dead, id: "b" }]), { held: undefined, cancels: 1 });
  });

  it("all stay where one owner lives", async () => {
    const { held, cancels } = await free([dead, { id: "b", host: HERE, pid: 42 }], [42]);
    assert.deepEqual([held?.verdict, cancels], ["live", 0]);
  });

  it("all stay where nothing is known of one owner", async () => {
    const { held, cancels } = await free([dead, { id: "b", host: "elsewhere", pid: 42 }]);
    assert.deepEqual([held?.verdict, cancels], ["unknown", 0]);
    assert.equal(held?.place, "s3://acme/previews/.pulumi/locks/organization/preview-environments/pr-7/b.json");
  });

  it("are not known where one is missing, where they are another stack's, and where there are none", () => {
    const read = (text: string) => toldLocks(text, STACK, () => Promise.resolve());
    const two = told([dead, { ...dead, id: "b" }]);
    assert.equal(read(two.slice(0, two.lastIndexOf("(pid"))), undefined);
    assert.equal(read(told([dead], { ...STACK, stack: "pr-8" })), undefined);
    assert.equal(read("error: no stack named 'pr-7' found"), undefined);
  });
});
