import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveStack } from "../../../cli/stack-validation.ts";

describe("A stack's configuration, read without the engine", () => {
  let checkout = "";

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), "terrarium-stack-"));
    writeFileSync(join(checkout, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  });
  afterEach(() => rmSync(checkout, { recursive: true }));

  const write = (config: string): void => writeFileSync(join(checkout, "Pulumi.mine.yaml"), `config:\n${config}`);

  it("is the project's own, with and without its name in front of the keys, as Pulumi has it", () => {
    write("  tier: dev\n  shop:application: store\n  other:application: no\n");
    const { tier, application } = resolveStack(checkout, "mine");
    assert.deepEqual({ tier, application }, { tier: "dev", application: "store" });
  });

  it("has what a file of the checkout says below it", () => {
    writeFileSync(join(checkout, "base.yaml"), "application: base\n");
    write("  tier: dev\n  base: base.yaml\n");
    assert.equal(resolveStack(checkout, "mine").application, "base");
  });

  it("names the stack's file in what is wrong", () => {
    write("  tier: dev\n  base: none.yaml\n");
    assert.throws(
      () => resolveStack(checkout, "mine"),
      /Pulumi\.mine\.yaml: .*\n {2}base: got "none\.yaml", expected a readable YAML file/,
    );
  });
});
