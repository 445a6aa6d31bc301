import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const checkout = join(import.meta.dirname, "../../..");

/** Runs a script in a process of its own, whose modules are not loaded yet. */
async function run(script: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: checkout,
  });
  return JSON.parse(stdout);
}

const setUp = `
  import { createRequire } from "node:module";
  const { loadRarelyNeededLazily } = await import("./stacks/lazy-modules/index.ts");
  loadRarelyNeededLazily();
  const pulumi = createRequire(import.meta.url)("@pulumi/pulumi");
  const loaded = (name) => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("node_modules/" + name + "/lib/"));
`;

describe("modules that the SDK rarely needs", () => {
  it("are not loaded with the SDK", async () => {
    const result = await run(`${setUp}
      console.log(JSON.stringify([loaded("@npmcli/arborist"), loaded("typescript")]));`);
    assert.deepEqual(result, [false, false]);
  });

  it("are there when a function is serialized", async () => {
    const result = await run(`${setUp}
      const { text } = await pulumi.runtime.serializeFunction((x) => x + 1);
      const paths = await pulumi.runtime.computeCodePaths();
      console.log(JSON.stringify([text.includes("x + 1"), paths.size > 0, loaded("@npmcli/arborist"), loaded("typescript")]));`);
    assert.deepEqual(result, [true, true, true, true]);
  });
});
