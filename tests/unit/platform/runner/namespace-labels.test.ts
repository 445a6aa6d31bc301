import assert from "node:assert/strict";
import type { TaskSettings } from "../../../../platform/runner/task.ts";
import { labelNamespaces, namespaceLabels } from "../../../../platform/runner/namespace-labels.ts";

const settings = { platform: "terrarium" } as TaskSettings;
const request = { id: "op-1", kind: "apply", stack: "preview-pr-7", namespace: "preview-pr-7" } as const;
const LABELS = { "terrarium.dev/environment": "pr-7", "terrarium.dev/platform": "terrarium" };

describe("the labels of an environment's namespaces", () => {
  it("name the environment and the platform", () => {
    assert.deepEqual(namespaceLabels({ request, settings }), LABELS);
  });

  it("come to those that its namespaces have, and to no other object", () => {
    const label = labelNamespaces(LABELS);
    const props = { metadata: { name: "preview-pr-7", labels: { "app.kubernetes.io/name": "preview-pr-7" } } };
    assert.deepEqual(label({ type: "kubernetes:core/v1:Namespace", name: "namespace", props }), {
      metadata: { name: "preview-pr-7", labels: { "app.kubernetes.io/name": "preview-pr-7", ...LABELS } },
    });
    assert.equal(label({ type: "kubernetes:core/v1:ConfigMap", name: "config", props }), undefined);
  });
});
