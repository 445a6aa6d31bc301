import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { findVolumeFolders, removeVolumeFolders } from "../../../clusters/host-path-volumes.ts";
import { findFreePorts } from "../../../clusters/free-ports.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import type { LocalProcess } from "../../../clusters/processes.ts";
import { SimulatedCluster } from "../../../clusters/simulated.ts";
import { kwokctlConfiguration, portsFrom } from "../../../clusters/simulated-config.ts";
import { readDefinitions } from "../../../clusters/simulated-content.ts";
import { type ScratchFolder, useScratchFolder } from "./scratch-folder.ts";

function cluster(scratch: ScratchFolder, processes: readonly LocalProcess[] = []): SimulatedCluster {
  return new SimulatedCluster({
    paths: localPaths(scratch.path),
    env: scratch.env,
    say: () => undefined,
    toolchain: () => Promise.reject(new Error("nothing may be started here")),
    listProcesses: () => Promise.resolve([...processes]),
  });
}

function processOf(commandLine: string): LocalProcess {
  return { pid: 4_000_000, commandLine, startedAtMs: 0, identity: "1" };
}

describe("a simulated cluster", () => {
  const scratch = useScratchFolder();
  const folder = (): string => {
    const { kwok, clusterName } = localPaths(scratch().path);
    return join(kwok, "clusters", clusterName);
  };

  it("is absent in a new checkout", async () => {
    assert.deepEqual(await cluster(scratch()).status(), { phase: "absent" });
  });

  it("does not take another checkout's processes for its own", async () => {
    const other = processOf("/elsewhere/.terrarium/kwok/clusters/terrarium-00000000/bin/etcd --name=node0");
    assert.deepEqual(await cluster(scratch(), [other]).status(), { phase: "absent" });
  });

  it("is broken when its processes run without their folder", async () => {
    const own = processOf(`${folder()}/bin/etcd --name=node0`);
    assert.deepEqual(await cluster(scratch(), [own]).status(), {
      phase: "broken",
      reason: "its folder is gone but its processes run",
    });
  });

  it("is broken when a start was interrupted before it was complete", async () => {
    mkdirSync(folder(), { recursive: true });
    assert.deepEqual(await cluster(scratch()).status(), {
      phase: "broken",
      reason: "an earlier start was interrupted",
    });
  });

  it("names the processes that are missing", async () => {
    scratch().file(join(folder().slice(scratch().path.length + 1), "complete.json"), '{"apiserver":1}');
    const running = ["etcd", "kube-apiserver", "kwok-controller"].map((name) =>
      processOf(`${folder()}/bin/${name} --x`),
    );
    assert.deepEqual(await cluster(scratch(), running).status(), {
      phase: "broken",
      reason: "kube-controller-manager, kube-scheduler not running",
    });
  });

  it("leaves nothing when a half-started one is removed", async () => {
    mkdirSync(folder(), { recursive: true });
    await cluster(scratch()).down();
    assert.equal(existsSync(localPaths(scratch().path).kwok), false);
    assert.deepEqual(await cluster(scratch()).status(), { phase: "absent" });
  });

  it("listens on the loopback interface only, with authorization and admission on", () => {
    const { options } = kwokctlConfiguration(portsFrom([1, 2, 3, 4, 5, 6]), (name) => `/bin/${name}`) as {
      options: Record<string, unknown>;
    };
    assert.equal(options["bindAddress"], "127.0.0.1");
    assert.equal(options["kubeAuthorization"], true);
    assert.equal(options["kubeAdmission"], true);
  });
});

describe("ports of a simulated cluster", () => {
  it("are the same for the same checkout", async () => {
    const free = (): Promise<boolean> => Promise.resolve(true);
    assert.deepEqual(await findFreePorts("a", 6, free), await findFreePorts("a", 6, free));
  });

  it("skip a block in which a port is in use", async () => {
    const [first = 0] = await findFreePorts("a", 6, () => Promise.resolve(true));
    const others = await findFreePorts("a", 6, (port) => Promise.resolve(port !== first + 3));
    assert.equal(others.includes(first), false);
    assert.equal(others.length, 6);
  });

  it("are an error when all are in use", async () => {
    await assert.rejects(
      findFreePorts("a", 6, () => Promise.resolve(false)),
      { name: "ClusterError" },
    );
  });
});

describe("volumes of a simulated cluster", () => {
  const scratch = useScratchFolder();
  const uuid = (digit: string): string => `${digit.repeat(8)}-1111-4111-8111-111111111111`;

  it("are found in the binary files of its store, and only those", async () => {
    const root = join(scratch().path, "pv");
    scratch().file("etcd/member/snap/db", `\0\x12${root}/${uuid("a")}\x1a\0 ${root}/not-a-volume \xff`);
    scratch().file("etcd/member/wal/0.wal", `\x01${root}/${uuid("b")}${root}/${uuid("a")}`);
    assert.deepEqual(await findVolumeFolders(join(scratch().path, "etcd"), root), [
      `${root}/${uuid("a")}`,
      `${root}/${uuid("b")}`,
    ]);
  });

  it("are removed without touching another cluster's", async () => {
    const root = join(scratch().path, "pv");
    const [own, other] = [join(root, uuid("a")), join(root, uuid("b"))];
    for (const path of [own, other]) mkdirSync(path, { recursive: true });
    assert.deepEqual(await removeVolumeFolders([own], root), []);
    assert.equal(existsSync(own), false);
    assert.equal(existsSync(other), true);
    await removeVolumeFolders([other], root);
    assert.equal(existsSync(root), false);
  });
});

describe("resource definitions", () => {
  const scratch = useScratchFolder();

  it("are read with their names from a file or a folder, without what is not a definition", async () => {
    const definition = (name: string): string =>
      `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    name: no\n  name: ${name}\nspec:\n  names:\n    name: no\n`;
    const file = scratch().file("crds/a.yaml", `#\n${definition("a.example")}---\n${definition("b.example")}`);
    scratch().file("crds/kustomization.yaml", "resources: []\n");
    const names = async (path: string): Promise<string[]> => (await readDefinitions(path)).map(({ name }) => name);
    assert.deepEqual(await names(file), ["a.example", "b.example"]);
    assert.deepEqual(await names(join(scratch().path, "crds")), ["a.example", "b.example"]);
  });
});
