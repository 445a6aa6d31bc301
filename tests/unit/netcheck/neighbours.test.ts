import assert from "node:assert/strict";
import { findNeighbours } from "../../../netcheck/neighbours.ts";
import { scriptedCluster } from "./scripted-cluster.ts";

const SLICES = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices";

const slice = (addressType: string, address: string, ...ports: { port: number; protocol?: string }[]) => ({
  addressType,
  endpoints: [{ addresses: [address] }],
  ports,
});
const node = (address: string, Port?: number) => ({
  status: { addresses: [{ address: "host-1" }, { address }], daemonEndpoints: { kubeletEndpoint: { Port } } },
});

async function find(slices: unknown, nodes: unknown): Promise<unknown[]> {
  const answers: Readonly<Record<string, unknown>> = { [SLICES]: slices, "/api/v1/nodes": nodes };
  const cluster = scriptedCluster({ read: (path) => answers[path] });
  return Object.values(await findNeighbours(cluster, "kube-system", [{ cidr: "172.18.0.2/32" }]));
}

describe("What answers beside the things that environments open", () => {
  it("is another TCP port of the DNS pods, and the kubelet beside the API server", async () => {
    const dns = [{ port: 53, protocol: "UDP" }, { port: 53 }, { port: 9153 }, { port: 9154, protocol: "UDP" }];
    const slices = [
      { addressType: "IPv4", endpoints: null, ports: null },
      slice("IPv4", "10.244.0.5", { port: 10250 }),
      slice("IPv6", "fd00::2", ...dns),
      slice("IPv4", "10.244.0.2", ...dns),
    ];
    assert.deepEqual(await find({ items: slices }, { items: [node("172.18.0.3", 10250), node("172.18.0.2", 10251)] }), [
      { address: "10.244.0.2", ports: [9153] },
      { address: "172.18.0.2", ports: [10251] },
    ]);
  });

  it("is not known where the DNS has no other port and the API server is on no node", async () => {
    assert.deepEqual(
      await find({ items: [slice("IPv4", "10.0.0.2", { port: 53 })] }, { items: [node("10.0.0.9", 1)] }),
      [
        { missing: "in namespace kube-system no other TCP port of it is known" },
        { missing: "it runs on no node of the cluster that can be seen" },
      ],
    );
  });

  it("is not known where the cluster does not let us look", async () => {
    const places = await find(undefined, undefined);
    assert.ok(places.every((place) => "missing" in (place as object)));
  });
});
