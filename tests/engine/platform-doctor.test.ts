import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Diagnosis } from "../../doctor/index.ts";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { lockOf } from "./breakages.ts";
import { PROJECT } from "./checkout.ts";
import { PlatformCluster, type PlatformProcess, until } from "./platform-cluster.ts";

const REPOSITORY = "https://git.example.com/team/shop";
const FORBIDDEN = "forbidden.example.com/shop:1.0.0";
const CONFIG = {
  repositories: { [REPOSITORY]: { base: { services: { web: { image: "registry.example.com/team/shop:1" } } } } },
  caps: { global: 4 },
  retry: { first: "1h" },
  operations: 4,
  runner: { policyPacks: [join(PROJECT, "tests/engine/policy-pack")] },
};
const source = { repository: REPOSITORY, branch: "main", commit: "1".repeat(40) };
const overrides = (web: object) => ({ services: { web } });

/** Seconds that one step may take on a machine that has much else to do. */
const PATIENCE = 120;

describe("terrarium env doctor on preview environments that are not as they should be", function () {
  this.timeout(4 * PATIENCE * 1000);
  let cluster: PlatformCluster;
  let service: PlatformProcess;

  before(async () => {
    cluster = await PlatformCluster.create();
    service = cluster.start("doctor", CONFIG);
    await service.says('"leading"', PATIENCE);
    await cluster.createEnvironment("held", { source });
    await cluster.createEnvironment("naps", { source });
    await Promise.all([inPhase("held", "Ready"), inPhase("naps", "Ready")]);
    await cluster.changeEnvironment("naps", { sleep: { sleepAt: new Date().toISOString() } });
    await inPhase("naps", "Asleep");
    lock("preview-held");
    await cluster.deleteEnvironment("held");
    // Four have a place: the last one has to wait.
    await cluster.createEnvironment("healthy", { source });
    await cluster.createEnvironment("forbidden", { source, overrides: overrides({ image: FORBIDDEN }) });
    await cluster.createEnvironment("stuck", { source, overrides: overrides({ resources: tooMuch }) });
    await Promise.all([inPhase("healthy", "Ready"), inPhase("forbidden", "Failed"), inPhase("stuck", "Provisioning")]);
    await cluster.createEnvironment("waiting", { source });
    await inPhase("waiting", "Queued");
  });

  after(() => cluster.remove());

  /** More than any node has. */
  const tooMuch = { requests: { cpu: "900" }, limits: { cpu: "900" } };

  const inPhase = (name: string, phase: string): Promise<PreviewEnvironment | undefined> =>
    cluster.environmentUntil(name, (found) => found?.status?.phase === phase, PATIENCE);

  const target = () => ["--kubeconfig", cluster.kubeconfig, "-o", "json"];
  const doctor = async (name: string): Promise<Diagnosis & { readonly code: number; readonly first: string }> => {
    const { code, stdout, stderr } = await cluster.checkout.terrarium(["env", "doctor", name, ...target()]);
    assert.notEqual(stdout, "", stderr);
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    return { ...diagnosis, code, first: diagnosis.causes[0]?.finding.says ?? "" };
  };

  /** What a deletion fails of as long as the process of the tests lives. */
  const lock = (stack: string): void => {
    const folder = join(cluster.dataFolder, "state/.pulumi/locks/organization/preview-environments", stack);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "doctor.json"), JSON.stringify(lockOf(process.pid)));
  };

  for (const name of ["healthy", "naps"]) {
    it(`finds nothing wrong with one that ${name === "naps" ? "sleeps" : "is in order"}, and ends with 0`, async () => {
      const { causes, unread, code } = await doctor(name);
      assert.deepEqual({ causes, unread, code }, { causes: [], unread: [], code: 0 });
    });
  }

  it("names the policy that forbids one", async () => {
    const { first, code, causes } = await doctor("forbidden");
    assert.match(first, /^PolicyViolation: .*no-forbidden-image: Deployment\/web-deployment: /);
    assert.deepEqual([code, causes.length], [1, 1], JSON.stringify(causes, null, 2));
  });

  it("names the cap and the place in line of one that waits", async () => {
    const { first, code, causes } = await doctor("waiting");
    assert.match(first, /^GlobalCap: It is number 1 in the line for a place: the platform has as many environments/);
    assert.deepEqual([code, causes.length], [1, 1], JSON.stringify(causes, null, 2));
  });

  it("names what keeps the pods of one from being placed", async () => {
    const { first, code } = await until(async () => {
      const found = await doctor("stuck");
      return { done: found.first !== "", value: found, state: JSON.stringify(found.unread) };
    }, PATIENCE);
    assert.deepEqual([first, code], ["Deployment web finds no node with enough cpu.", 1]);
  });

  it("names what keeps one from being deleted", async () => {
    await inPhase("held", "DeleteBlocked");
    const { first, code, causes } = await doctor("held");
    assert.match(first, new RegExp(`^StackHeld: .*process ${process.pid}`));
    assert.deepEqual([code, causes.length], [1, 1], JSON.stringify(causes, null, 2));
  });

  it("says of one that nobody has looked at yet that the service has to run", async () => {
    await Promise.all([service.kill(), cluster.createEnvironment("unseen", { source })]);
    const { code, stderr } = await cluster.checkout.terrarium(["env", "doctor", "unseen", ...target()]);
    assert.match(stderr, /unseen was not seen by the platform service yet/);
    assert.equal(code, 1);
  });
});
