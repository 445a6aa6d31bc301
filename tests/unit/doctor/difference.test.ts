import assert from "node:assert/strict";
import fc from "fast-check";
import { differences } from "../../../doctor/difference.ts";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const leaf = fc.oneof(word, fc.integer({ min: 1, max: 99 }), fc.constant(true));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(word, tie("tree"), { maxKeys: 3 }),
  ),
}));
const object = fc.record({ spec: fc.dictionary(word, tree, { minKeys: 1, maxKeys: 4 }) });

describe("differences between what is wanted and what is there", () => {
  it("are none between equal objects", () => {
    fc.assert(fc.property(object, (wanted) => void assert.deepEqual(differences(wanted, structuredClone(wanted)), [])));
  });

  it("are none where others have added fields of their own", () => {
    fc.assert(
      fc.property(object, tree, (wanted, more) => {
        const live = { ...wanted, spec: { ...wanted.spec, Added: more }, status: more };
        assert.deepEqual(differences(wanted, live), []);
      }),
    );
  });

  it("are found wherever one value was changed", () => {
    fc.assert(
      fc.property(object, word, leaf, (wanted, key, value) => {
        const other = { spec: { ...wanted.spec, [key]: `not ${String(value)}` } };
        const [first] = differences({ spec: { ...wanted.spec, [key]: value } }, other);
        assert.deepEqual(first, { path: `spec.${key}`, wanted: String(value), found: `not ${String(value)}` });
      }),
    );
  });

  it("name elements of lists, whatever their order, and what is not there", () => {
    const wanted = {
      spec: {
        ports: [
          { name: "http", port: 80 },
          { name: "metrics", port: 90 },
        ],
      },
    };
    const live = { spec: { ports: [{ name: "metrics", port: 91 }] } };
    assert.deepEqual(
      differences(wanted, live).map(({ path, found }) => `${path}: ${found}`),
      ["spec.ports[http]: not there", "spec.ports[metrics].port: 91"],
    );
    const more = { spec: { ports: [...wanted.spec.ports, { name: "debug", port: 1 }] } };
    assert.deepEqual(differences(wanted, more), [{ path: "spec.ports", wanted: "2 entries", found: "3 entries" }]);
  });

  it("are none of what is kept secret, and of what only the engine or the server writes", () => {
    const wanted = {
      kind: "Secret",
      metadata: { name: "a", annotations: { "pulumi.com/skipAwait": "true" } },
      data: SECRET,
    };
    assert.deepEqual(differences(wanted, { kind: "Secret", metadata: { name: "a" }, data: { KEY: "other" } }), []);
    assert.deepEqual(differences({ spec: { token: SECRET } }, { spec: { token: "other" } }), []);
  });

  it("are found in a ConfigMap's data and in labels", () => {
    const wanted = { metadata: { labels: { team: "a" } }, data: { LOG_LEVEL: "info" } };
    const live = { metadata: { labels: { team: "b" } }, data: { LOG_LEVEL: "debug" } };
    assert.deepEqual(
      differences(wanted, live).map(({ path }) => path),
      ["data.LOG_LEVEL", "metadata.labels.team"],
    );
  });

  it("leave out what the server leaves out, and shorten what is long", () => {
    assert.deepEqual(differences({ spec: { hostNetwork: false, replicas: 0, name: "" } }, { spec: {} }), []);
    const [long] = differences({ spec: { script: "x".repeat(200) } }, { spec: { script: "y" } });
    assert.equal(long?.wanted.length, 80);
  });
});
