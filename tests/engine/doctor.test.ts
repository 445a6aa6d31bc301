import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Diagnosis } from "../../doctor/index.ts";
import { BREAKAGES, lockOf } from "./breakages.ts";
import { BrokenCluster } from "./broken-cluster.ts";
import { sharedCheckout } from "./fixtures.ts";
import { PROJECT, run } from "./checkout.ts";

/** A number that no process has. */
const NO_PROCESS = 2 ** 22 + 1;

describe("terrarium doctor on an environment that somebody breaks", () => {
  let cluster: BrokenCluster;
  let close: () => void;
  before(() => {
    const api = sharedCheckout().api();
    cluster = new BrokenCluster(api, "guestbook-dev");
    close = () => {
      api.close();
    };
  });
  after(() => {
    close();
  });

  const diagnosis = async (): Promise<Diagnosis & { readonly code: number }> => {
    const { code, stdout, stderr } = await sharedCheckout().terrarium(["doctor", "--stack", "dev", "-o", "json"]);
    assert.notEqual(stdout, "", stderr);
    return { ...(JSON.parse(stdout) as Diagnosis), code };
  };

  it("finds nothing wrong while it is in order, and ends with 0", async () => {
    const { causes, unread, code } = await diagnosis();
    assert.deepEqual({ causes, unread, code }, { causes: [], unread: [], code: 0 });
  });

  for (const { name, apply, firstLine } of BREAKAGES) {
    it(`names ${name} first, and ends with 1`, async () => {
      const undo = await apply(cluster);
      try {
        const { causes, code } = await diagnosis();
        assert.match(causes[0]?.finding.says ?? "nothing", firstLine, JSON.stringify(causes.slice(0, 3), null, 2));
        assert.equal(code, 1);
      } finally {
        await undo();
      }
    });
  }

  for (const [whose, pid, firstLine] of [
    ["an update that runs", process.pid, /^An update of dev runs: process \d+ has held its lock since/],
    ["an update that was killed", NO_PROCESS, /^An update of dev was killed and has left its lock: that process has/],
  ] as const) {
    it(`names the lock of ${whose}`, async () => {
      const folder = join(sharedCheckout().folder, ".terrarium/state/.pulumi/locks/organization/terrarium/dev");
      const lock = join(folder, "doctor.json");
      mkdirSync(dirname(lock), { recursive: true });
      writeFileSync(lock, JSON.stringify(lockOf(pid)));
      try {
        assert.match((await diagnosis()).causes[0]?.finding.says ?? "nothing", firstLine);
      } finally {
        rmSync(lock);
      }
    });
  }

  it("refuses a stack that does not exist with 2", async () => {
    const { code, stderr } = await run(process.execPath, ["cli/main.ts", "doctor", "--stack", "nope"], PROJECT);
    assert.equal(code, 2);
    assert.match(stderr, /There is no stack "nope"/);
  });
});
