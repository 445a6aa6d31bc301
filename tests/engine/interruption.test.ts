import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Checkout } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";

describe("an interrupted update", () => {
  for (const [saving, checkpoints] of [
    ["the state saved at the end only, as on simulated clusters", "true"],
    ["the state saved for each resource, as on all others", "false"],
  ] as const) {
    it(`recovers with the next \`up\` after the engine was killed half-way, with ${saving}`, async () => {
      const checkout = sharedCheckout();
      const env = { PULUMI_SKIP_CHECKPOINTS: checkpoints };
      await killHalfWay(checkout, "killed", env);
      assert.ok(locks(checkout).length > 0, "the killed engine left its lock");

      const again = await checkout.terrarium(["up", "--stack", "killed"], env);
      assert.equal(again.code, 0, again.stdout + again.stderr);
      assert.match(again.stderr, /process \d+/, "says whose lock it released");
      const third = await checkout.terrarium(["up", "--stack", "killed"], env);
      assert.match(third.stdout + third.stderr, /Resources:\n {4}\d+ unchanged\n/);
      await checkout.must(["down", "--stack", "killed"]);
      assert.deepEqual(locks(checkout), []);
    });
  }

  it("leaves nothing behind when `down` follows the kill", async () => {
    const checkout = sharedCheckout();
    await killHalfWay(checkout, "abandoned");
    await checkout.must(["down", "--stack", "abandoned"]);
    const { items } = await checkout.kubectl<{ items: unknown[] }>([
      "get",
      "namespaces",
      "--selector",
      "app.kubernetes.io/instance=guestbook-abandoned",
    ]);
    assert.deepEqual(items, []);
    assert.ok(!checkout.stacks().includes("abandoned"));
  });

  it("is left alone by a second `up` while it runs", async () => {
    const checkout = sharedCheckout();
    checkout.writeStack("twice", "dev", () => undefined);
    const first = checkout.start(["up", "--stack", "twice"]);
    const ended = new Promise<number | null>((resolve) => first.once("close", resolve));
    await until(() => Promise.resolve(enginePid(checkout, "twice")));
    const second = await checkout.terrarium(["up", "--stack", "twice"]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /process \d+/);
    assert.equal(await ended, 0);
    await checkout.must(["down", "--stack", "twice"]);
  });
});

/** Starts an update and kills its engine while the data stores' workloads are being created and awaited. */
async function killHalfWay(checkout: Checkout, stack: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  checkout.writeStack(stack, "dev", () => undefined);
  const update = checkout.start(["up", "--stack", stack], env);
  const ended = new Promise<number | null>((resolve) => update.once("close", resolve));
  const engine = await until(async () => {
    const { code } = await checkout.run("kubectl", [
      "get",
      "statefulset",
      "postgres",
      "--namespace",
      `guestbook-${stack}`,
    ]);
    return code === 0 ? enginePid(checkout, stack) : undefined;
  });
  process.kill(engine, "SIGKILL");
  assert.notEqual(await ended, 0);
}

/** Pid of the engine that holds a stack's lock. */
function enginePid(checkout: Checkout, stack: string): number | undefined {
  const lock = locks(checkout).find((path) => path.includes(`/${stack}/`));
  return lock === undefined ? undefined : (JSON.parse(readFileSync(lock, "utf8")) as { pid: number }).pid;
}

function locks(checkout: Checkout): string[] {
  const folder = join(checkout.folder, ".terrarium/state/.pulumi/locks");
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".json"))
      .map((path) => join(folder, path));
  } catch {
    return [];
  }
}

/** Polls until there is a value, for at most 150 s: other tests start many programs at the same time. */
async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 150_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error("the awaited state did not come within 150 s");
    await delay(50);
  }
}
