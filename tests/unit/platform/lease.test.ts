import assert from "node:assert/strict";
import { isConflict } from "../../../platform/adapters/kubernetes/api.ts";
import { kubernetesLease } from "../../../platform/adapters/kubernetes/lease.ts";
import { ScriptedApi } from "./scripted-api.ts";

const PATH = "/apis/coordination.k8s.io/v1/namespaces/terrarium/leases";
const at = (second: number): Date => new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1000);
const RECORD = { holder: "one", durationSeconds: 15, acquiredAt: at(0), renewedAt: at(2), transitions: 3 };

describe("the leader's Lease on the API server", () => {
  it("is read as it was written, with the times as Kubernetes writes them", async () => {
    const api = new ScriptedApi();
    const leases = kubernetesLease(api, "terrarium", "leader");
    assert.equal(await leases.read(), undefined);
    const written = await leases.write(RECORD);
    assert.deepEqual({ ...written, version: undefined }, { ...RECORD, version: undefined });
    assert.deepEqual(await leases.read(), written);
    assert.deepEqual(api.objects.get(`${PATH}/leader`)?.spec, {
      holderIdentity: "one",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:02.000000Z",
      leaseTransitions: 3,
    });
  });

  it("is not written over what another wrote meanwhile", async () => {
    const leases = kubernetesLease(new ScriptedApi(), "terrarium", "leader");
    const first = await leases.write(RECORD);
    await leases.write({ ...first, holder: "two" });
    await assert.rejects(leases.write({ ...first, renewedAt: at(4) }), isConflict);
    await assert.rejects(leases.write(RECORD), isConflict, "who knows of none can't make a second one");
    assert.equal((await leases.read())?.holder, "two");
  });

  it("has no holder once it was given back", async () => {
    const leases = kubernetesLease(new ScriptedApi(), "terrarium", "leader");
    await leases.write({ ...(await leases.write(RECORD)), holder: undefined });
    assert.ok(!("holder" in ((await leases.read()) ?? { holder: "?" })));
  });

  it("that can't be read is not taken for one that is not there", async () => {
    const api = new ScriptedApi();
    api.refuse = () => 503;
    await assert.rejects(kubernetesLease(api, "terrarium", "leader").read(), /refused/);
  });
});
