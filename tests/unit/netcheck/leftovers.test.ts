import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { CanaryState, Opening, TestNamespace } from "../../../netcheck/cluster.ts";
import { removeLeftovers } from "../../../netcheck/leftovers.ts";
import { isProvenDead, ownOwner } from "../../../netcheck/owner.ts";
import { scriptedCluster } from "./scripted-cluster.ts";

const HOUR_MS = 3600_000;
const NOW_MS = 10 * HOUR_MS;

/** An owner like this process, but one that has ended. */
async function deadOwner(): Promise<string> {
  const { pid } = spawnSync("true");
  return JSON.stringify({ ...(JSON.parse(await ownOwner()) as object), pid, started: "1" });
}

describe("Leftovers of earlier runs", () => {
  const remove = async (
    canaries: readonly Partial<CanaryState>[],
    testNamespaces: readonly Partial<TestNamespace>[] = [],
    openings: readonly Partial<Opening>[] = [],
  ): Promise<string[]> => {
    const cluster = scriptedCluster({
      canaries: canaries.map((canary, index) => ({
        ...{ namespace: "shop", name: `canary-${index}`, phase: "Running", ready: true, createdAtMs: NOW_MS },
        ...canary,
      })),
      openings: openings.map((opening, index) => ({
        ...{ namespace: "shop", name: `canary-open-${index}`, createdAtMs: NOW_MS },
        ...opening,
      })),
      testNamespaces: testNamespaces.map((namespace) => ({ name: "canary-test-0", createdAtMs: NOW_MS, ...namespace })),
    });
    await removeLeftovers(cluster, NOW_MS);
    return cluster.calls;
  };

  it("are canaries older than an hour", async () => {
    assert.deepEqual(await remove([{ createdAtMs: NOW_MS - HOUR_MS - 1 }, { createdAtMs: NOW_MS - HOUR_MS + 1 }]), [
      "delete shop: pod/canary-0",
    ]);
  });

  it("are canaries whose owner is proven dead, removed with one call for each namespace", async () => {
    const owner = await deadOwner();
    assert.deepEqual(await remove([{ owner }, { owner, namespace: "ingress" }, { owner }]), [
      "delete shop: pod/canary-0 pod/canary-2",
      "delete ingress: pod/canary-1",
    ]);
  });

  it("are the policies that opened such canaries, also when these are gone", async () => {
    const owner = await deadOwner();
    const own = await ownOwner();
    assert.deepEqual(await remove([{ owner }], [], [{ owner }, { owner: own }, { owner, namespace: "logs" }]), [
      "delete shop: pod/canary-0 networkpolicy/canary-open-0",
      "delete logs: networkpolicy/canary-open-2",
    ]);
  });

  it("are not canaries of a run that lives, or of one that can't be judged from here", async () => {
    const dead = JSON.parse(await deadOwner()) as object;
    const elsewhere = JSON.stringify({ ...dead, machine: "another boot" });
    const otherHost = JSON.stringify({ ...dead, host: "another" });
    assert.deepEqual(
      await remove([{ owner: await ownOwner() }, { owner: elsewhere }, { owner: otherHost }, { owner: "?" }, {}]),
      [],
    );
  });

  it("are namespaces of such runs, but never one that is called otherwise", async () => {
    const owner = await deadOwner();
    assert.deepEqual(await remove([{ owner, namespace: "canary-test-0" }], [{ owner }, { owner, name: "shop" }]), [
      "delete namespace canary-test-0",
    ]);
  });

  it("tell this process from one that had its number before", async () => {
    const own = await ownOwner();
    assert.equal(await isProvenDead(own), false);
    if (process.platform !== "linux") return;
    assert.equal(await isProvenDead(JSON.stringify({ ...(JSON.parse(own) as object), started: "1" })), true);
  });
});
