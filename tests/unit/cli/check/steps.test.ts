import assert from "node:assert/strict";
import { findDataLoss } from "../../../../cli/check/data-loss.ts";
import { previewFromResult, readPreview } from "../../../../cli/check/steps.ts";

const URN = "urn:pulumi:prod::terrarium::kubernetes:core/v1:PersistentVolumeClaim::postgres-volume";

function claim(spec: object, protect?: boolean) {
  return {
    type: "kubernetes:core/v1:PersistentVolumeClaim",
    ...(protect === undefined ? {} : { protect }),
    inputs: { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data", namespace: "shop" }, spec },
  };
}

function size(storage: string) {
  return { resources: { requests: { storage } } };
}

function preview(...steps: object[]) {
  return readPreview(JSON.stringify({ steps }));
}

describe("a preview of the engine", () => {
  it("is read as what would happen to objects and generated values, by name, and nothing else", () => {
    const { steps } = preview(
      {
        op: "same",
        urn: "urn:pulumi:prod::terrarium::pulumi:pulumi:Stack::x",
        newState: { type: "pulumi:pulumi:Stack" },
      },
      {
        op: "delete",
        urn: "urn:pulumi:prod::terrarium::random:index/randomPassword:RandomPassword::postgres-password",
        oldState: { type: "random:index/randomPassword:RandomPassword", inputs: { length: 24 } },
      },
      { op: "create", urn: URN, newState: claim({}) },
      { op: "read", urn: URN, newState: claim({}) },
    );
    assert.deepEqual(
      steps.map(({ action, object }) => `${action} ${object}`),
      ["create PersistentVolumeClaim shop/data", "delete generated value postgres-password"],
    );
  });

  it("says what kept it from seeing everything, once", () => {
    const diagnostics = [
      { severity: "warning", message: "warning: old" },
      { severity: "error", message: "error: it is protected\n" },
      { severity: "error", message: "error: preview failed\n" },
    ];
    assert.deepEqual(readPreview(JSON.stringify({ diagnostics })).errors, ["it is protected"]);
  });

  it("is no preview when the engine did not get that far", () => {
    assert.throws(
      () => previewFromResult({ code: 255, stdout: "", stderr: "error: no stack named 'x'" }),
      /no stack named/,
    );
    const failed = previewFromResult({ code: 1, stdout: "{}", stderr: "killed" });
    assert.deepEqual(failed.errors, ["The preview failed: killed"]);
  });
});

describe("data that an update would destroy", () => {
  const lost = (...steps: object[]) =>
    findDataLoss(preview(...steps).steps).map(({ object, what, isProtected }) => `${object} ${what} ${isProtected}`);

  it("is in volumes that are deleted or replaced, for whatever reason", () => {
    assert.deepEqual(lost({ op: "delete", urn: URN, oldState: claim({}) }), [
      "PersistentVolumeClaim shop/data is deleted: what is stored in its volume is lost false",
    ]);
    const replaceReasons = ["spec.storageClassName"];
    assert.deepEqual(lost({ op: "replace", urn: URN, oldState: claim({}), newState: claim({}), replaceReasons }), [
      "PersistentVolumeClaim shop/data is replaced, because spec.storageClassName can't be changed: what is stored in its volume is lost false",
    ]);
  });

  it("is in namespaces, definitions and the volumes that a StatefulSet makes for its pods", () => {
    const object = (kind: string, spec: object = {}) => ({
      type: "kubernetes:x:X",
      inputs: { apiVersion: "v1", kind, metadata: { name: "x" }, spec },
    });
    for (const [kind, spec] of [
      ["Namespace", {}],
      ["CustomResourceDefinition", {}],
      ["PersistentVolume", {}],
      ["StatefulSet", { volumeClaimTemplates: [{}] }],
    ] as const) {
      assert.equal(lost({ op: "delete", urn: URN, oldState: object(kind, spec) }).length, 1, kind);
    }
    for (const kind of ["Deployment", "ConfigMap", "StatefulSet"]) {
      assert.deepEqual(lost({ op: "delete", urn: URN, oldState: object(kind) }), [], kind);
    }
  });

  it("is not in what is created, kept, changed or enlarged", () => {
    assert.deepEqual(
      lost(
        { op: "create", urn: URN, newState: claim({}) },
        { op: "same", urn: URN, oldState: claim({}), newState: claim({}) },
        { op: "update", urn: URN, oldState: claim(size("1Gi")), newState: claim(size("2Gi")) },
      ),
      [],
    );
  });

  it("is told of a volume that would shrink, which Kubernetes refuses", () => {
    assert.match(
      lost({ op: "update", urn: URN, oldState: claim(size("2Gi")), newState: claim(size("1Gi")) })[0] ?? "",
      /would get smaller, which Kubernetes refuses/,
    );
  });

  it("is told to be protected, and where the protection goes", () => {
    const step = { op: "delete", urn: URN, oldState: claim({}) };
    const { steps } = readPreview(JSON.stringify({ steps: [step] }), new Set([URN]));
    assert.equal(findDataLoss(steps)[0]?.isProtected, true);
    const update = { op: "same", urn: URN, oldState: claim({}, true), newState: claim({}, false) };
    assert.match(lost(update)[0] ?? "", /is not protected any more/);
    assert.deepEqual(lost({ ...update, newState: claim({}, true) }), []);
  });
});
