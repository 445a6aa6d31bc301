import assert from "node:assert/strict";
import type { ClusterReader } from "../../../stacks/cluster-objects.ts";
import { deleteNamespaces, environmentNamespaces } from "../../../stacks/cluster-objects.ts";
import { findRemains, volumesOf } from "../../../stacks/remains.ts";

/** A cluster whose kubectl answers by what its arguments begin with; each look takes the next of several answers. */
function scripted(answers: Readonly<Record<string, readonly object[]>>) {
  const calls: string[] = [];
  const looks = new Map<string, number>();
  const reader: ClusterReader = {
    kubectl: "kubectl",
    access: { kubeconfig: "/kubeconfig", context: "previews" },
    env: {},
    run: (_, args) => {
      const call = args.slice(4).join(" ");
      calls.push(call);
      const key = Object.keys(answers).find((start) => call.startsWith(start));
      if (key === undefined) return Promise.resolve({ code: 1, stdout: "", stderr: "no answer" });
      const all = answers[key] ?? [];
      const look = looks.get(key) ?? 0;
      looks.set(key, look + 1);
      const found = all[Math.min(look, all.length - 1)];
      return Promise.resolve({ code: 0, stdout: found === undefined ? "" : JSON.stringify(found), stderr: "" });
    },
  };
  return { reader, calls };
}

const volume = (name: string, namespace: string) => ({
  kind: "PersistentVolume",
  metadata: { name, finalizers: ["kubernetes.io/pv-protection"] },
  spec: { claimRef: { namespace }, persistentVolumeReclaimPolicy: "Retain" },
  status: { phase: "Released" },
});
const namespace = (name: string, status: object) => ({ kind: "Namespace", metadata: { name }, status });

describe("what is left of an environment", () => {
  it("are volumes that its claims used", async () => {
    const { reader } = scripted({
      "get persistentvolumes": [{ items: [volume("a", "preview-1"), volume("b", "other")] }],
    });
    assert.deepEqual(await volumesOf(reader, ["preview-1"]), ["a"]);
    assert.deepEqual(await volumesOf(reader, []), []);
  });

  it("is told with what holds it", async () => {
    const held = { message: "Some content has finalizers: example.com/held", status: "True" };
    const { reader } = scripted({
      "get namespaces": [
        namespace("preview-1", { phase: "Terminating", conditions: [{ ...held }, { status: "False" }] }),
      ],
      "get persistentvolumes": [volume("a", "preview-1")],
    });
    assert.deepEqual(await findRemains(reader, ["preview-1"], ["a"], 0), [
      { kind: "namespace", name: "preview-1", holder: "Some content has finalizers: example.com/held" },
      {
        kind: "volume",
        name: "a",
        holder: "Released, reclaim policy Retain, finalizers kubernetes.io/pv-protection",
      },
    ]);
  });

  it("is nothing once the cluster has finished", async () => {
    const { reader, calls } = scripted({
      "get namespaces": [namespace("preview-1", { phase: "Terminating" }), { items: [] }],
    });
    assert.deepEqual(await findRemains(reader, ["preview-1"], [], 5_000), []);
    assert.equal(calls.length, 2);
  });

  it("is not known while the cluster does not answer", async () => {
    const { reader } = scripted({});
    await assert.rejects(findRemains(reader, ["preview-1"], [], 0), {
      message: "The cluster cannot be read: no answer",
    });
    await assert.rejects(deleteNamespaces(reader, ["preview-1"]), /cannot be deleted: no answer/);
  });

  it("is found and deleted by the label that says whose it is", async () => {
    const selector = "app.kubernetes.io/instance=preview-1,app.kubernetes.io/managed-by=terrarium";
    const { reader, calls } = scripted({
      [`get namespaces --selector ${selector}`]: [{ items: [namespace("preview-1-logs", {})] }],
      "delete namespaces": [{}],
    });
    const found = await environmentNamespaces(reader, "preview-1");
    await deleteNamespaces(reader, found);
    await deleteNamespaces(reader, []);
    assert.deepEqual(calls.slice(1), ["delete namespaces --wait=false --ignore-not-found preview-1-logs"]);
  });
});
