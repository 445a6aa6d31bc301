import assert from "node:assert/strict";
import fc from "fast-check";
import { diffProperties, withoutSecrets } from "../../../../cli/check/property-diff.ts";
import type { KubeManifest } from "../../../../cli/rendered-object.ts";

function object(fields: object): KubeManifest {
  return { apiVersion: "v1", kind: "Thing", metadata: { name: "x" }, ...fields };
}

function diff(before: object, after: object, changed: readonly string[] = []) {
  return diffProperties(object(before), object(after), changed);
}

/** Values as random ones are: letters and digits, and nothing that can be read as a word. */
const secret = fc
  .array(fc.constantFrom(..."ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"), {
    minLength: 40,
    maxLength: 60,
  })
  .map((characters) =>
    characters.map((character, index) => (index % 3 === 0 ? "7aB"[(index / 3) % 3] : character)).join(""),
  );

describe("the properties that differ", () => {
  it("are named by their way, and items of lists by their names", () => {
    const before = { spec: { containers: [{ name: "web", image: "shop:1" }, { name: "sidecar" }], replicas: 1 } };
    const after = { spec: { containers: [{ name: "web", image: "shop:2" }], replicas: 1, paused: true } };
    assert.deepEqual(diff(before, after), [
      { path: "spec.containers[web].image", before: "shop:1", after: "shop:2" },
      { path: "spec.containers[sidecar]", before: '{"name":"sidecar"}' },
      { path: "spec.paused", after: "true" },
    ]);
  });

  it("are none where nothing differs, whatever the object is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        assert.deepEqual(diff({ spec: fields }, { spec: structuredClone(fields) }), []);
      }),
    );
  });

  it("are some where something differs, whatever the objects are", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        fc.pre(JSON.stringify(before) !== JSON.stringify(after));
        assert.notDeepEqual(diff({ spec: [before] }, { spec: [after] }), []);
      }),
    );
  });

  it("of a text are its lines that differ, and not too many of them", () => {
    const lines = (word: string) => ["head", ...Array.from({ length: 30 }, (_, index) => `${word} ${index}`), "tail"];
    const [change] = diff({ data: { file: lines("old").join("\n") } }, { data: { file: "head\nnew\ntail" } });
    assert.equal(change?.path, "data.file");
    assert.match(change.before ?? "", /^line 2: old 0\nold 1\n[^]*… 18 more lines$/);
    assert.equal(change.after, "line 2: new");
  });

  it("are told of secrets without a value", () => {
    assert.deepEqual(diff({ stringData: { a: "redacted" } }, { stringData: { a: "redacted" } }, ["data.a"]), [
      { path: "data.a", before: "(secret)", after: "(secret)" },
    ]);
  });

  it("never show a random value, wherever it stands", () => {
    fc.assert(
      fc.property(secret, secret, (old, young) => {
        const places = (value: string) => ({
          data: { file: `first\nkey: ${value}\nlast`, plain: value },
          spec: { args: [`--token=${value}`], env: [{ name: "DB_PASSWORD", value }], nested: { list: [[{ value }]] } },
        });
        for (const changes of [diff(places(old), places(young)), diff({}, places(young)), diff(places(old), {})]) {
          assert.ok(!JSON.stringify(changes).includes(young), JSON.stringify(changes));
          assert.ok(!JSON.stringify(changes).includes(old), JSON.stringify(changes));
          assert.ok(changes.length > 0);
        }
        assert.ok(!withoutSecrets(`spec is invalid: ${young}`).includes(young));
      }),
    );
  });

  it("never show the value of a variable with a secret's name, however plain it is", () => {
    const env = (value: string) => ({ spec: { env: [{ name: "DB_PASSWORD", value }] } });
    assert.deepEqual(diff(env("hunter2"), env("hunter3")), [
      { path: "spec.env[DB_PASSWORD].value", before: "(secret)", after: "(secret)" },
    ]);
  });

  it("do not repeat checksums, which only say that something else differs", () => {
    const annotated = (value: string) => ({ spec: { annotations: { "checksum/config": value } } });
    const [change] = diff(annotated("a".repeat(64)), annotated("b".repeat(64)));
    assert.equal(change?.after, "(another one)");
  });
});
