import assert from "node:assert/strict";
import fc from "fast-check";
import { readPackConfiguration, type PackConfiguration } from "../../../policies/configuration.ts";
import { rulesOn } from "../../../policies/evaluate.ts";
import { judge, put, shop, TODAY } from "./shop.ts";

const RULES = rulesOn(TODAY);
const LEVELS = ["advisory", "mandatory", "remediate", "disabled"] as const;

const read = (content: unknown): PackConfiguration => readPackConfiguration(content, RULES);

/** A shop that breaks three rules. */
function broken(): object[] {
  const objects = shop();
  put(objects.web, "spec.template.spec.containers.0.image", "example.com/shop");
  put(objects.web, "spec.template.spec.hostPID", true);
  put(objects.autoscaler, "spec.minReplicas", 1);
  return Object.values(objects);
}

/** Level of each violation by its rule. */
function levels(content: unknown): Record<string, string> {
  const { violations } = judge(broken(), { configuration: read(content) });
  return Object.fromEntries(violations.map(({ rule, level }) => [rule, level]));
}

describe("a pack's configuration", () => {
  it("changes nothing when it is empty", () => {
    assert.deepEqual(levels({}), {
      "pinned-images": "mandatory",
      "pod-security-host-namespaces": "mandatory",
      "replicas-in-production": "mandatory",
    });
  });

  it("gives each rule its level, else that of all, else the rule's own, whatever it says", () => {
    const own = levels({});
    const level = fc.constantFrom(...LEVELS);
    const rule = fc.oneof(level, fc.record({ enforcementLevel: level }, { requiredKeys: [] }));
    const rules = fc.dictionary(fc.constantFrom(...RULES.map(({ name }) => name)), rule);
    fc.assert(
      fc.property(rules, fc.option(level, { nil: undefined }), (configured, all) => {
        const found = levels({ ...configured, ...(all === undefined ? {} : { all }) });
        for (const [name, usual] of Object.entries(own)) {
          const said = configured[name];
          const wanted = (typeof said === "string" ? said : said?.enforcementLevel) ?? all ?? usual;
          assert.equal(found[name] ?? "disabled", wanted === "remediate" ? "mandatory" : wanted);
        }
        assert.ok(Object.keys(found).every((name) => name in own));
      }),
    );
  });

  it("tells rules their settings", () => {
    const registries = ["registry.example.com"];
    assert.equal(levels({ "allowed-registries": { registries } })["allowed-registries"], "mandatory");
    assert.equal(
      levels({ "allowed-registries": { registries: ["docker.io", "example.com"] } })["allowed-registries"],
      undefined,
    );
    assert.equal(levels({ "replicas-in-production": { minimum: 1 } })["replicas-in-production"], undefined);
  });

  it("does not call a waiver of a rule that is not asked unneeded", () => {
    const objects = shop();
    put(objects.web, "metadata.annotations", { "waiver.terrarium.dev/pinned-images": "until 9999-12-31: its build" });
    const unused = (content: object) => judge(Object.values(objects), { configuration: read(content) }).unused.length;
    assert.deepEqual([unused({}), unused({ "pinned-images": "disabled" })], [1, 0]);
  });

  for (const [what, content, message] of [
    ["no map", ["mandatory"], /^Error: the file: got \["mandatory"\], allowed is a map of rules/],
    ["a rule that there is not", { "pinned-image": "disabled" }, /there is no rule "pinned-image"; docs/],
    ["a rule called like a method", { constructor: "disabled" }, /there is no rule "constructor"/],
    [
      "a level that there is not",
      { "pinned-images": "off" },
      /pinned-images: got "off", allowed is one of advisory, ma/,
    ],
    ["a level called like a method", { all: "toString" }, /all: got "toString", allowed is one of/],
    ["no level", { all: true }, /all: got true, allowed is one of/],
    ["a wrong level in a map", { "pinned-images": { enforcementLevel: 1 } }, /pinned-images\.enforcementLevel: got 1/],
    [
      "a setting of another rule",
      { "pinned-images": { minimum: 2 } },
      /pinned-images\.minimum: there is no such setting/,
    ],
    [
      "a setting called like a method",
      { "allowed-registries": { toString: [] } },
      /toString: there is no such setting/,
    ],
    ["a setting of all", { all: { minimum: 2 } }, /all\.minimum: there is no such setting/],
    [
      "a number that is none",
      { "replicas-in-production": { minimum: "2" } },
      /minimum: got "2", allowed is a whole number/,
    ],
    [
      "a number too small",
      { "replicas-in-production": { minimum: 0 } },
      /minimum: got 0, allowed is a whole number, 1/,
    ],
    [
      "a list that is none",
      { "allowed-registries": { registries: "a" } },
      /registries: got "a", allowed is a list of te/,
    ],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => read(content), message);
    });
  }

  it("is read or refused with a reason, never anything else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (content) => {
        try {
          read(content);
        } catch (error) {
          assert.match(String(error), /^Error: .*(allowed is|there is no)/);
        }
      }),
    );
  });
});
