import assert from "node:assert/strict";
import { parse } from "yaml";
import { generatedFiles } from "../../../docs/generated-files.ts";
import { environmentJsonSchema, resolveEnvironment, STACK_CONFIG_KEYS, TIERS } from "../../../spec/index.ts";
import {
  configurationReference,
  referenceRows,
  type DeclaredKey,
  type ReferenceSchema,
} from "../../../spec/reference.ts";
import { REFERENCE_SECTIONS } from "../../../spec/reference-sections.ts";
import { checkout, read } from "./checkout.ts";

const schema: ReferenceSchema = environmentJsonSchema();
const stackKeys = (parse(read("Pulumi.yaml")) as { config: Record<string, DeclaredKey> }).config;
const reference = configurationReference({ schema, stackKeys });

/** Every property of a schema as "owner.key", found by looking at each object that has properties. */
function properties(node: unknown, owner: string): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, child]: [string, unknown]) => {
    if (key !== "properties") return properties(child, owner);
    return Object.entries(child as Record<string, unknown>).flatMap(([name, property]) => [
      `${owner}.${name}`,
      ...properties(property, `${owner}.${name}`),
    ]);
  });
}

describe("the configuration reference", () => {
  it("lists every key of every definition of the schema", () => {
    for (const section of REFERENCE_SECTIONS.filter(({ schema: name }) => name !== "Environment")) {
      const expected = properties(schema.$defs?.[section.schema], "").map((path) => path.slice(1));
      const listed = referenceRows(section, schema).map(({ path }) =>
        path.replaceAll("[]", "").replaceAll(".<name>", ""),
      );
      assert.ok(expected.length > 3, `${section.schema} has keys`);
      assert.deepEqual(new Set(listed), new Set(expected), section.schema);
    }
  });

  it("has a section for every definition and every top-level map of the schema", () => {
    const definitions = REFERENCE_SECTIONS.map((section) => section.schema);
    assert.deepEqual(new Set(definitions), new Set(Object.keys(schema.$defs ?? {})));
    assert.ok(REFERENCE_SECTIONS.some(({ path }) => path === "quota"));
  });

  it("lists every key of the stack configuration, which are those that Pulumi.yaml declares", () => {
    assert.deepEqual(new Set(Object.keys(stackKeys)), new Set(STACK_CONFIG_KEYS));
    for (const key of STACK_CONFIG_KEYS) assert.ok(reference.includes(`| \`terrarium:${key}\` |`), key);
  });

  it("shows each tier's default where tiers differ", () => {
    assert.match(reference, /\| `replicas` \| whole number, 0 to 1000 \| dev `1`, staging `2`, prod `3` \|/);
    assert.match(reference, /\| `services\.<name>\.resources\.limits\.memory` \| `256Mi` \| `512Mi` \| `1Gi` \|/);
    assert.match(reference, /\| `backup` \| `false` or map \| dev `false`, staging and prod the keys below \|/);
  });

  it("shows defaults, allowed values and ranges", () => {
    const rows = REFERENCE_SECTIONS.flatMap((section) =>
      referenceRows(section, schema).map((row) => ({ section, row })),
    );
    const row = (path: string) => rows.find(({ row }) => row.path === path)?.row;
    assert.deepEqual(
      { type: row("identity")?.type, default: row("identity")?.default },
      { type: "`none`, `stable`", default: "`none`" },
    );
    assert.equal(row("scaling.maxReplicas")?.default, "**required**");
    assert.equal(row("scaling.minReplicas")?.default, "the service's replicas");
    assert.equal(row("probes.liveness.initialDelaySeconds")?.default, "`30`");
    assert.equal(row("resources.limits.cpu")?.type, "[quantity](#quantities) in cores");
    assert.equal(row("expose")?.default, "none");
  });

  it("has a target for every link within the page, and no target twice", () => {
    const targets = [...reference.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
    assert.equal(new Set(targets).size, targets.length);
    for (const [, target] of reference.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(targets.includes(target), `#${target}`);
  });

  it("refuses a key without a description, and names it", () => {
    const undescribed = structuredClone(schema) as {
      $defs: { Service: { properties: { replicas: { description?: string } } } };
    };
    delete undescribed.$defs.Service.properties.replicas.description;
    assert.throws(
      () => configurationReference({ schema: undescribed, stackKeys }),
      /These keys have no description.*\n {2}services\.<name>\.replicas$/,
    );
  });

  for (const { title, example } of REFERENCE_SECTIONS) {
    it(`has an example of ${title} that is valid in every tier`, () => {
      for (const tier of TIERS) {
        resolveEnvironment({ name: "example", application: "example", tier, ...(parse(example) as object) });
      }
    });
  }
});

describe("generated files", () => {
  for (const [path, text] of Object.entries(generatedFiles(checkout))) {
    it(`${path} is up to date`, () => {
      assert.equal(read(path), text, "run `npm run docs`");
    });
  }
});
