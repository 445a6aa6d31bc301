import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { listSecretKeys } from "../../../components/index.ts";

const NOTE = "terrarium.dev/secret-keys";

/** What the transform makes of the properties that the SDK gives a resource, in a preview. */
async function transform(type: string, props: Record<string, unknown>) {
  await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "shop", "dev", true);
  try {
    const changed = listSecretKeys({ type, name: "db", props });
    return changed as { metadata: { annotations: Record<string, pulumi.Output<string>> }; [key: string]: unknown };
  } finally {
    await pulumi.runtime.disconnect();
  }
}

/** A value that only an update will tell. */
function unknown(): pulumi.Output<string> {
  return pulumi.output(pulumi.unknown as unknown as string);
}

async function noteOf(props: Record<string, unknown>) {
  const { metadata } = await transform("kubernetes:core/v1:Secret", { metadata: {}, ...props });
  const note = metadata.annotations[NOTE];
  assert.ok(note);
  const value = await new Promise<string>((resolve) => void note.apply(resolve));
  return { value, isSecret: await pulumi.isSecret(note) };
}

describe("The note of a Secret's keys, for rendering", () => {
  it("is readable and names keys alone, also of values that only an update will tell", async () => {
    const stringData = pulumi.secret({ user: "owner", password: unknown() });
    assert.deepEqual(await noteOf({ stringData }), { value: "user,password", isSecret: false });
  });

  it("covers encoded values too", async () => {
    const stringData = pulumi.secret({ user: "owner" });
    assert.equal((await noteOf({ data: { "tls.crt": "AA==" }, stringData })).value, "tls.crt,user");
  });

  it("is empty where even the keys are unknown, and where there are none", async () => {
    assert.equal((await noteOf({ stringData: unknown() })).value, "");
    assert.equal((await noteOf({})).value, "");
  });

  it("leaves values and other annotations as they are", async () => {
    const stringData = pulumi.secret({ user: "owner" });
    const changed = await transform("kubernetes:core/v1:Secret", {
      metadata: { annotations: { team: "blue" } },
      stringData,
    });
    assert.equal(changed["stringData"], stringData);
    assert.equal(changed.metadata.annotations["team"], "blue");
  });

  it("is on no other kind of object", async () => {
    assert.equal(await transform("kubernetes:core/v1:ConfigMap", { metadata: {}, data: { a: "b" } }), undefined);
  });
});
