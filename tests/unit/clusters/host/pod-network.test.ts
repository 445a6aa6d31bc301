import assert from "node:assert/strict";
import { hostLayout } from "../../../../clusters/host/layout.ts";
import { packetFilter } from "../../../../clusters/host/network.ts";
import { nodeServices } from "../../../../clusters/host/node-services.ts";
import {
  chooseNetworks,
  type HostPlan,
  machineNames,
  type PodNetwork,
  portsFrom,
} from "../../../../clusters/host/plan.ts";
import { cniConfiguration, debianPlugins, requestedPodNetwork } from "../../../../clusters/host/pod-network.ts";
import { ClusterError } from "../../../../clusters/provider.ts";

const layout = hostLayout({ host: "/src/a/.terrarium/host", clusterName: "terrarium-0123abcd" });
const planOf = (podNetwork: PodNetwork): HostPlan => ({
  networks: chooseNetworks([]),
  ports: portsFrom([1, 2, 3, 4, 5, 6, 7, 8]),
  ...machineNames("terrarium-0123abcd"),
  podNetwork,
});
const pluginsOf = (podNetwork: PodNetwork): string[] =>
  (cniConfiguration(layout, planOf(podNetwork)) as { plugins: { type: string }[] }).plugins.map(({ type }) => type);
const enforcing = (podNetwork: PodNetwork): boolean =>
  nodeServices({ layout, plan: planOf(podNetwork), tool: (name) => `/t/${name}` }).some(
    ({ name }) => name === "calico-felix",
  );

describe("the pod network of a host cluster", () => {
  it("is Calico's, which enforces network policies", () => {
    assert.deepEqual(pluginsOf("calico"), ["calico", "portmap"]);
    assert.equal(enforcing("calico"), true);
  });

  it("is a plain bridge of Debian's plugins where a test asks for one that enforces nothing", () => {
    assert.deepEqual(pluginsOf("bridge"), ["bridge", "portmap"]);
    assert.ok(pluginsOf("bridge").every((name) => (debianPlugins as readonly string[]).includes(name)));
    assert.equal(enforcing("bridge"), false);
  });

  for (const [podNetwork, pods] of [
    ["calico", "cali*"],
    ["bridge", "trmp-0123abcd"],
  ] as const) {
    it(`lets pods reach pods and nothing behind the machine with ${podNetwork}`, () => {
      const rules = packetFilter(planOf(podNetwork))
        .split("\n")
        .map((line) => line.trim());
      const toPods = rules.indexOf(`iifname "${pods}" oifname "${pods}" accept`);
      const elsewhere = rules.indexOf(`iifname "${pods}" counter reject`);
      assert.ok(toPods >= 0 && elsewhere > toPods);
      assert.ok(rules.includes(`oifname "${pods}" counter drop`));
      assert.ok(rules.includes("ip daddr { 172.31.0.1, 10.96.0.0/16, 10.244.0.0/16 } counter drop"));
    });
  }

  it("is asked for by an environment variable that allows nothing else", () => {
    assert.equal(requestedPodNetwork({}), undefined);
    assert.equal(requestedPodNetwork({ TERRARIUM_HOST_NETWORK: "bridge" }), "bridge");
    assert.throws(
      () => requestedPodNetwork({ TERRARIUM_HOST_NETWORK: "flannel" }),
      new ClusterError('TERRARIUM_HOST_NETWORK is "flannel". Allowed are calico and bridge; unset it for calico.'),
    );
  });
});
