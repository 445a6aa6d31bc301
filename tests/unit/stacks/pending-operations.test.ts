import assert from "node:assert/strict";
import { adoptPendingCreates, type ExportedStack, hasPendingOperations } from "../../../stacks/pending-operations.ts";

describe("creations that an interrupted update left open", () => {
  const object = (name: string, namespace?: string) => ({
    urn: `urn:pulumi:dev::terrarium::kubernetes:core/v1:ConfigMap::${name}`,
    type: "kubernetes:core/v1:ConfigMap",
    inputs: { metadata: { name, namespace } },
  });
  const stack = (...operations: { type: string; resource: ReturnType<typeof object> }[]): ExportedStack => ({
    version: 3,
    deployment: { resources: [object("there", "n")], pending_operations: operations },
  });

  it("become resources under the name that the object has", () => {
    const adopted = adoptPendingCreates(stack({ type: "creating", resource: object("a", "n") }));
    assert.equal(adopted?.count, 1);
    assert.deepEqual(
      adopted.stack.deployment.resources?.map(({ id }) => id),
      [undefined, "n/a"],
    );
    assert.deepEqual(adopted.stack.deployment.pending_operations, []);
  });

  it("are named without a namespace where the object has none", () => {
    const adopted = adoptPendingCreates(stack({ type: "creating", resource: object("a") }));
    assert.equal(adopted?.stack.deployment.resources?.[1]?.id, "a");
  });

  it("are forgotten where only the state has them, and where the state has them already", () => {
    const password = { ...object("p"), type: "random:index/randomPassword:RandomPassword" };
    const adopted = adoptPendingCreates(
      stack({ type: "creating", resource: password }, { type: "creating", resource: object("there", "n") }),
    );
    assert.equal(adopted?.stack.deployment.resources?.length, 1);
    assert.deepEqual(adopted.stack.deployment.pending_operations, []);
  });

  it("leave other open operations to the engine", () => {
    assert.equal(adoptPendingCreates(stack({ type: "deleting", resource: object("a") })), undefined);
    assert.equal(adoptPendingCreates(stack()), undefined);
  });

  it("are noticed in the text of a state file", () => {
    assert.equal(hasPendingOperations('{"pending_operations": [\n  {"type":"creating"}]}'), true);
    assert.equal(hasPendingOperations('{"pending_operations":[]}'), false);
    assert.equal(hasPendingOperations("{}"), false);
  });
});
