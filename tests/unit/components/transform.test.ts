import assert from "node:assert/strict";
import type { Transform } from "../../../components/index.ts";
import { guestbookSpec, recordEnvironment } from "./guestbook.ts";

describe("The escape hatch", () => {
  it("sees every Kubernetes object of the guestbook once, backup and log collector included", async () => {
    const seen: string[] = [];
    const transform: Transform = ({ type, name }) => {
      if (type.startsWith("kubernetes:")) seen.push(`${type} ${name}`);
      return undefined;
    };
    const { recording } = await recordEnvironment({ spec: guestbookSpec("staging"), transform });
    assert.deepEqual(
      seen.sort(),
      recording
        .objects()
        .map(({ type, name }) => `${type} ${name}`)
        .sort(),
    );
  });

  it("changes what it returns, and nothing else", async () => {
    const transform: Transform = ({ type, props }) => {
      if (type !== "kubernetes:apps/v1:Deployment") return undefined;
      return { ...props, spec: { ...(props["spec"] as object), minReadySeconds: 7 } };
    };
    const plain = (await recordEnvironment({ spec: guestbookSpec("dev") })).recording;
    const changed = (await recordEnvironment({ spec: guestbookSpec("dev"), transform })).recording;
    assert.deepEqual(
      changed.all("Deployment").map(({ object }) => object.spec.minReadySeconds),
      [7, 7, 7],
    );
    for (const { object } of changed.all("Deployment")) {
      const { minReadySeconds, ...spec } = object.spec;
      assert.deepEqual([minReadySeconds, spec], [7, plain.one("Deployment", object.metadata.name).object.spec]);
    }
    assert.deepEqual(changed.one("StatefulSet", "postgres").object, plain.one("StatefulSet", "postgres").object);
  });
});
