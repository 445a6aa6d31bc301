import assert from "node:assert/strict";
import {
  calicoSets,
  kubernetesChains,
  mountsBelow,
  rootLiesIn,
  withoutKubernetesRules,
} from "../../../../clusters/host/traces.ts";

const saved = `*filter
:INPUT ACCEPT [1:2]
:KUBE-FIREWALL - [0:0]
:cali-INPUT - [0:0]
:local-recalibrate - [0:0]
-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
-A INPUT -j KUBE-FIREWALL
-A INPUT -p tcp --dport 22 -j ACCEPT
-A POSTROUTING -j CNI-HOSTPORT-MASQ
COMMIT
`;

describe("the traces of a host cluster", () => {
  it("are taken out of the packet filter, and everybody else's rules stay", () => {
    assert.equal(
      withoutKubernetesRules(saved),
      `*filter
:INPUT ACCEPT [1:2]
:local-recalibrate - [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
`,
    );
  });

  it("need no change of a packet filter without them", () => {
    assert.equal(withoutKubernetesRules("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n"), undefined);
  });

  it("are named by their chains", () => {
    assert.deepEqual(kubernetesChains(saved), ["KUBE-FIREWALL", "cali-INPUT"]);
  });

  it("are the mounts below the cluster's folders, the innermost first", () => {
    const mountinfo = [
      "20 1 8:1 / / rw - ext4 /dev/a rw",
      "21 20 0:5 / /src/a\\040b/host/kubelet rw - tmpfs tmpfs rw",
      "22 21 0:6 / /src/a\\040b/host/kubelet/pods/x rw - tmpfs tmpfs rw",
      "23 20 0:7 / /src/a\\040b/hosting rw - tmpfs tmpfs rw",
    ].join("\n");
    assert.deepEqual(mountsBelow(mountinfo, ["/src/a b/host"]), [
      "/src/a b/host/kubelet/pods/x",
      "/src/a b/host/kubelet",
    ]);
  });

  it("are the processes whose root folder is made of the cluster's layers", () => {
    const root = (upper: string): string =>
      `30 29 0:40 / / rw - overlay overlay rw,lowerdir=/l,upperdir=${upper}/snapshots/3/fs,workdir=/w`;
    assert.equal(rootLiesIn(root("/src/host/containerd"), "/src/host/containerd"), true);
    assert.equal(rootLiesIn(root("/var/lib/containerd"), "/src/host/containerd"), false);
    assert.equal(rootLiesIn("30 29 8:1 / / rw - ext4 /dev/a rw", "/src/host/containerd"), false);
  });

  it("are the sets of addresses that Felix made", () => {
    assert.deepEqual(calicoSets("cali40s:abc\ncali60s:def\nbad-guys\ncalifornia\n"), ["cali40s:abc", "cali60s:def"]);
  });
});
