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

const scalar = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean());

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

  it("of a list without names are the items that only one of both has", () => {
    const rules = (...ports: number[]) => ({ spec: { egress: ports.map((port) => ({ ports: [{ port }] })) } });
    assert.deepEqual(diff(rules(1, 2, 3), rules(9, 1, 2, 3)), [
      { path: "spec.egress[]", after: '{"ports":[{"port":9}]}' },
    ]);
    assert.deepEqual(diff(rules(1, 2), rules(2, 3)), [
      { path: "spec.egress[1].ports[0].port", before: "1", after: "3" },
    ]);
    assert.equal(diff(rules(1, 2), rules(2, 1)).length, 1);
  });

  it("are none where a list is empty or not there", () => {
    assert.deepEqual(diff({ spec: {} }, { spec: { initContainers: [] } }), []);
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
      fc.property(fc.array(fc.string()), fc.jsonValue(), scalar, scalar, (way, beside, before, after) => {
        fc.pre(before !== after);
        const at = (value: unknown) => way.reduce<unknown>((inner, key) => ({ [key]: inner }), value);
        assert.equal(diff({ spec: [beside, at(before)] }, { spec: [beside, at(after)] }).length, 1);
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
    const keys = (...names: string[]) => ({
      kind: "Secret",
      stringData: Object.fromEntries(names.map((name) => [name, "redacted"])),
    });
    const data = { path: "data.a", before: "(secret)", after: "(secret)" };
    assert.deepEqual(diff(keys("a"), keys("a"), ["data.a"]), [data]);
    const version = { path: "version", before: "1", after: "2" };
    assert.deepEqual(diff({ ...keys("a"), version: 1 }, { ...keys("a"), version: 2 }, ["data.a"]), [version, data]);
    assert.deepEqual(diff(keys("a"), keys("b"), ["data", "stringData"]), [
      { path: "stringData.a", before: "(secret)" },
      { path: "stringData.b", after: "(secret)" },
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
