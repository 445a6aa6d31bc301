import assert from "node:assert/strict";
import { serviceByCommandLine } from "../../../../clusters/host/host-processes.ts";
import { hostLayout } from "../../../../clusters/host/layout.ts";
import { processIdentity, readServicePids, writeServicePid } from "../../../../clusters/host/service.ts";
import { listProcesses } from "../../../../clusters/processes.ts";
import { useScratchFolder } from "../scratch-folder.ts";

const layout = hostLayout({ host: "/src/a/.terrarium/host", clusterName: "terrarium-0123abcd" });

describe("the processes of a host cluster", () => {
  const scratch = useScratchFolder();

  it("are known by their program together with a file of the cluster", () => {
    const of = (line: string): string | undefined => serviceByCommandLine(line, layout);
    assert.equal(of("/cache/bin/etcd --data-dir=/src/a/.terrarium/host/etcd"), "etcd");
    assert.equal(of("node /x/clusters/host/supervisor.ts /src/a/.terrarium/host/services.json"), "supervisor");
    const shim =
      "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 1 -address /run/terrarium-0123abcd/containerd.sock";
    assert.equal(of(shim), "shim");
  });

  it("are neither those of another cluster nor programs that only read such a file", () => {
    assert.equal(serviceByCommandLine("/cache/bin/etcd --data-dir=/src/b/.terrarium/host/etcd", layout), undefined);
    assert.equal(serviceByCommandLine("tail -f /src/a/.terrarium/host/logs/etcd.log", layout), undefined);
    assert.equal(serviceByCommandLine("/usr/bin/kubelet --config=/etc/kubelet", layout), undefined);
  });

  it("are noted with what tells them from later processes of the same number", async () => {
    const identity = processIdentity(process.pid);
    assert.equal(identity, (await listProcesses()).find(({ pid }) => pid === process.pid)?.identity);
    assert.ok(identity);
    writeServicePid(`${scratch().path}/pids`, "etcd", { pid: process.pid, identity });
    scratch().file("pids/broken", "{");
    assert.deepEqual([...readServicePids(`${scratch().path}/pids`)], [["etcd", { pid: process.pid, identity }]]);
  });
});
