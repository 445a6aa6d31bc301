import assert from "node:assert/strict";
import { mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { localPaths } from "../../../clusters/local-paths.ts";
import { readClusterRecord, removeClusterRecord, writeClusterRecord } from "../../../clusters/record.ts";
import { useScratchFolder } from "./scratch-folder.ts";

const record = { provider: "simulated", kubeconfig: "/somewhere/kubeconfig", context: "terrarium-01234567" } as const;

describe("the record of a checkout's cluster", () => {
  const scratch = useScratchFolder();

  it("is read as it was written, by this user only", () => {
    const { path } = scratch();
    writeClusterRecord(path, record);
    assert.deepEqual(readClusterRecord(path), record);
    assert.equal(statSync(join(path, ".terrarium", "cluster.json")).mode & 0o777, 0o600);
  });

  it("keeps nothing but provider, kubeconfig and context", () => {
    const { path } = scratch();
    writeClusterRecord(path, { ...record, simulatedPods: true } as typeof record);
    assert.deepEqual(readClusterRecord(path), record);
  });

  it("is undefined where there is none, and after it was removed", () => {
    const { path } = scratch();
    assert.equal(readClusterRecord(path), undefined);
    writeClusterRecord(path, record);
    removeClusterRecord(path);
    removeClusterRecord(path);
    assert.equal(readClusterRecord(path), undefined);
  });

  for (const [what, text] of [
    ["half written", '{ "provider": "simul'],
    ["of an unknown provider", '{ "provider": "cloud", "kubeconfig": "/k", "context": "c" }'],
    ["without a context", '{ "provider": "kind", "kubeconfig": "/k" }'],
    ["with an empty kubeconfig", '{ "provider": "kind", "kubeconfig": "", "context": "c" }'],
    ["not an object", "null"],
  ] as const) {
    it(`counts as none when it is ${what}`, () => {
      scratch().file(".terrarium/cluster.json", text);
      assert.equal(readClusterRecord(scratch().path), undefined);
    });
  }
});

describe("the places of a checkout", () => {
  const scratch = useScratchFolder();

  it("have a cluster name that another checkout never has", () => {
    const names = ["one", "two", "two/nested"].map((name) => {
      const folder = join(scratch().path, name);
      mkdirSync(folder, { recursive: true });
      return localPaths(folder).clusterName;
    });
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^terrarium-[0-9a-f]{8}$/);
  });

  it("are the same through a symbolic link", () => {
    const { path } = scratch();
    mkdirSync(join(path, "real"));
    symlinkSync(join(path, "real"), join(path, "link"));
    assert.deepEqual(localPaths(join(path, "link")), localPaths(join(path, "real")));
  });
});
