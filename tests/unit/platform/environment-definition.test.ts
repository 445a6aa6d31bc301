import assert from "node:assert/strict";
import { z } from "zod";
import { environmentDefinition } from "../../../platform/crd/definition.ts";
import { structuralSchema, type StructuralSchema } from "../../../platform/crd/structural-schema.ts";

interface Definition {
  readonly spec: {
    readonly versions: readonly [
      {
        readonly schema: {
          readonly openAPIV3Schema: StructuralSchema & { properties: Record<"spec" | "status", StructuralSchema> };
        };
      },
    ];
  };
}

const rulesOf = (schema: StructuralSchema) => schema["x-kubernetes-validations"];

describe("a structural schema", () => {
  it("has a rule with the words of the schema for a pattern that has such words", () => {
    assert.deepEqual(structuralSchema(z.string().max(9).regex(/^\d"$/, { error: 'a "digit"' }).optional()), {
      type: "string",
      maxLength: 9,
      "x-kubernetes-validations": [
        {
          rule: 'self.matches("^\\\\d\\"$")',
          messageExpression:
            '"got " + (size(strings.quote(self)) > 80 ? strings.quote(self).substring(0, 77) + "..." : strings.quote(self)) + ", expected a \\"digit\\""',
        },
      ],
    });
  });

  it("leaves a pattern without words to the API server", () => {
    assert.deepEqual(structuralSchema(z.string().regex(/^x$/)), { type: "string", pattern: "^x$" });
    assert.deepEqual(structuralSchema(z.iso.datetime()), { type: "string", format: "date-time" });
  });

  it("has a rule for the range of a whole number, and none where nobody set one", () => {
    assert.deepEqual(rulesOf(structuralSchema(z.int().min(1).max(9))), [
      { rule: "self >= 1 && self <= 9", message: "expected a whole number from 1 to 9" },
    ]);
    assert.deepEqual(rulesOf(structuralSchema(z.int().min(1))), [
      { rule: `self >= 1 && self <= ${Number.MAX_SAFE_INTEGER}`, message: "expected a whole number of at least 1" },
    ]);
    assert.equal(rulesOf(structuralSchema(z.int())), undefined);
  });

  it("has a rule for the keys of a map", () => {
    const [rule] = rulesOf(structuralSchema(z.record(z.string().regex(/^a$/, { error: "an a" }), z.string()))) ?? [];
    assert.equal(rule?.rule, 'self.all(key, key.matches("^a$"))');
    assert.ok(rule && "messageExpression" in rule && rule.messageExpression.includes("expected a name of an a"));
  });

  it("carries defaults, choices, lists and what is required over", () => {
    const schema = z.strictObject({
      mode: z.enum(["a", "b"]).default("a").meta({ description: "A mode." }),
      list: z.array(z.number().min(0)).max(3).readonly(),
    });
    assert.deepEqual(structuralSchema(schema), {
      type: "object",
      required: ["list"],
      properties: {
        mode: { type: "string", description: "A mode.", default: "a", enum: ["a", "b"] },
        list: { type: "array", maxItems: 3, items: { type: "number", minimum: 0 } },
      },
    });
  });

  for (const [what, schema] of Object.entries({
    "a check by a function": z.string().refine(() => true),
    "a least length": z.string().min(1),
    "one of several forms": z.union([z.string(), z.int()]),
  })) {
    it(`loses no check: it refuses ${what}`, () => {
      assert.throws(() => structuralSchema(schema), /cannot be said in a schema|schema has no/);
    });
  }
});

describe("the definition of Environment", () => {
  const [version] = (environmentDefinition() as Definition).spec.versions;
  const { spec, status } = version.schema.openAPIV3Schema.properties;

  it("describes every field", () => {
    const undescribed = (schema: StructuralSchema, path: string): string[] => [
      ...(schema.description === undefined ? [path] : []),
      ...Object.entries(schema.properties ?? {}).flatMap(([key, property]) => undescribed(property, `${path}.${key}`)),
      ...(schema.items?.properties ? undescribed({ description: "", ...schema.items }, `${path}[]`) : []),
    ];
    assert.deepEqual([...undescribed(spec, "spec"), ...undescribed(status, "status")], []);
  });

  it("lets the repository and the mode stay as they were created", () => {
    const transitions = [spec.properties?.["source"]?.properties?.["repository"], spec.properties?.["mode"]].map(
      (schema) => rulesOf(schema ?? {})?.some(({ rule }) => rule === "self == oldSelf"),
    );
    assert.deepEqual(transitions, [true, true]);
  });

  it("keeps one condition of each type", () => {
    assert.deepEqual(status.properties?.["conditions"]?.["x-kubernetes-list-map-keys"], ["type"]);
  });
});
