import assert from "node:assert/strict";
import { parse } from "yaml";
import { resolveEnvironment, toEnvironmentSpec } from "../../../spec/index.ts";
import { read } from "../docs/checkout.ts";

const FOLDER = "examples/source-app";

describe("the sample application that is built in its pod", () => {
  const manifest = JSON.parse(read(`${FOLDER}/package.json`)) as Record<
    "scripts" | "dependencies",
    Record<string, string>
  >;
  const { config } = parse(read(`${FOLDER}/Pulumi.notes.yaml`)) as { config: Record<string, unknown> };
  const base = parse(read(String(config["terrarium:base"]))) as unknown;
  const spec = toEnvironmentSpec({ stack: "notes", project: "terrarium", base, config: { tier: "dev" } });
  const { notes } = resolveEnvironment(spec).services;

  it("has the scripts that a service from source runs unless told otherwise", () => {
    const commands = [notes?.command, notes?.source?.migrate];
    for (const command of commands) {
      const [npm, run, script = ""] = command || assert.fail();
      assert.deepEqual([npm, run], ["npm", "run"]);
      assert.match(manifest.scripts[script] ?? "", /^node src\/[\w-]+\.ts$/, script);
    }
  });

  it("answers the probes", () => {
    const code = read(`${FOLDER}/src/server.ts`);
    for (const path of [notes?.probes.liveness.path, notes?.probes.readiness.path])
      assert.ok(code.includes(`"${path}": `), path);
  });

  it("has pinned packages and a lock file that names no registry", () => {
    for (const version of Object.values(manifest.dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.doesNotMatch(read(`${FOLDER}/package-lock.json`), /"resolved"/);
  });
});
