import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { toCanonicalForm } from "../../../components/index.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SECRET = "kubernetes:core/v1:Secret";

/** What an object's properties are in the end, and whether they are secret. */
async function settle(type: string, props: Readonly<Record<string, unknown>>): Promise<[unknown, boolean]> {
  const output = pulumi.output(toCanonicalForm({ type, name: "web", props }));
  const value = await new Promise((resolve) => output.apply(resolve));
  return [value, await pulumi.isSecret(output)];
}

describe("the form in which the provider keeps objects", () => {
  it("has no empty lists, however deep, also in values that come later", async () => {
    const props = {
      kind: "Deployment",
      spec: {
        replicas: 0,
        items: [],
        template: pulumi.output({ containers: [{ args: [], image: "a:1" }], volumes: [] }),
      },
    };
    assert.deepEqual(await settle(DEPLOYMENT, props), [
      { kind: "Deployment", spec: { replicas: 0, template: { containers: [{ image: "a:1" }] } } },
      false,
    ]);
  });

  it("has no delay of 0 s and no empty variable of a container", async () => {
    const container = (probe: object, variable: object) => ({
      spec: {
        containers: [{ readinessProbe: { periodSeconds: 1, ...probe }, env: [{ name: "COMMIT", ...variable }] }],
      },
    });
    const props = container({ initialDelaySeconds: 0 }, { value: "" });
    assert.deepEqual(await settle(DEPLOYMENT, props), [container({}, {}), false]);
    const map = { data: { value: "", initialDelaySeconds: "0" } };
    assert.deepEqual(await settle("kubernetes:core/v1:ConfigMap", map), [map, false]);
  });

  it("keeps what is empty and means something: maps, texts, zero and false", async () => {
    const props = { spec: { emptyDir: {}, value: "", replicas: 0, hostNetwork: false, none: null } };
    assert.deepEqual(await settle(DEPLOYMENT, props), [props, false]);
  });

  it("has Secrets by their data, as secret as they were", async () => {
    const stringData = { user: "app", password: pulumi.secret("hunter2") };
    assert.deepEqual(await settle(SECRET, { kind: "Secret", stringData }), [
      { kind: "Secret", data: { user: "YXBw", password: "aHVudGVyMg==" } },
      true,
    ]);
  });

  it("leaves Secrets alone that have data already", async () => {
    const props = { kind: "Secret", data: { user: "YXBw" } };
    assert.deepEqual(await settle(SECRET, props), [props, false]);
  });
});
