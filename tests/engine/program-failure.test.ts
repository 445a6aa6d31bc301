import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Checkout } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";

describe("a program that fails", () => {
  let checkout: Checkout;
  before(async () => {
    checkout = await Checkout.create();
  });
  after(() => {
    checkout.remove();
  });

  for (const [what, statement, expected] of [
    ["an explanation, without a stack", `throw new pulumi.RunError("said once");`, /said once$/],
    ["an error nobody foresaw, with its stack", `throw new Error("said once");`, /said once\n +at main \(/],
  ] as const) {
    it(`ends the command with ${what}, and is said once`, async () => {
      const program = readFileSync(join(sharedCheckout().folder, "index.ts"), "utf8");
      writeFileSync(join(checkout.folder, "index.ts"), program.replace("  try {\n", `  try {\n    ${statement}\n`));
      const result = await checkout.terrarium(["render", "--stack", "dev", "--out", join(checkout.folder, "out")]);
      assert.equal(result.code, 1, result.stdout);
      assert.equal(result.stderr.split("said once").length - 1, 1, result.stderr);
      assert.match(result.stderr.trim(), expected);
    });
  }

  it("ends the command when it cannot be loaded, naming what is missing", async () => {
    writeFileSync(join(checkout.folder, "index.ts"), `import "no-such-package";\n`);
    const result = await checkout.terrarium(["render", "--stack", "dev", "--out", join(checkout.folder, "out")]);
    assert.equal(result.code, 1, result.stdout);
    assert.match(result.stderr, /Cannot find package 'no-such-package'/);
  });
});
