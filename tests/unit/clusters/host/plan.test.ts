import assert from "node:assert/strict";
import { chooseNetworks, machineNames, portCount, portsFrom } from "../../../../clusters/host/plan.ts";

describe("the plan of a host cluster", () => {
  it("takes the usual networks on a machine that has none of them", () => {
    assert.deepEqual(chooseNetworks(["default", "192.0.2.0/24", "fe80::/64"]), {
      node: "172.31.0.1",
      pods: "10.244.0.0/16",
      services: "10.96.0.0/16",
      apiserver: "10.96.0.1",
      dns: "10.96.0.10",
    });
  });

  it("keeps away from networks that the machine has routes to, whichever of the three they meet", () => {
    assert.equal(chooseNetworks(["10.244.7.0/24"]).pods, "10.243.0.0/16");
    assert.equal(chooseNetworks(["10.96.0.10"]).services, "10.95.0.0/16");
    assert.equal(chooseNetworks(["172.31.0.0/23"]).node, "172.31.2.1");
  });

  it("says what to do when all networks are taken", () => {
    assert.throws(() => chooseNetworks(["10.0.0.0/8"]), {
      name: "ClusterError",
      message: /Remove one of these routes/,
    });
  });

  it("gives each port one use", () => {
    const ports = portsFrom(Array.from({ length: portCount }, (_, index) => 20_000 + index));
    assert.equal(new Set(Object.values(ports)).size, portCount);
    assert.throws(() => portsFrom([1, 2]), { name: "RangeError", message: "a host cluster needs 8 ports, got 2" });
  });

  it("names interfaces within the 15 characters that the kernel allows, differently for each cluster", () => {
    const { bridge, podBridge, table } = machineNames("terrarium-0123abcd");
    assert.deepEqual([bridge, podBridge, table], ["trm-0123abcd", "trmp-0123abcd", "terrarium_0123abcd"]);
    for (const name of [bridge, podBridge]) assert.ok(name.length <= 15);
  });
});
