import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../../../cli/program.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { testSurroundings } from "../surroundings.ts";

describe("a check", () => {
  const scratch = useScratchFolder();

  for (const [what, interrupted, code] of [
    ["reports what could not be previewed", new AbortController().signal, 1],
    ["reports nothing when it is interrupted", AbortSignal.abort(), 130],
  ] as const) {
    it(what, async () => {
      scratch().program("pulumi", "echo error: broken >&2; exit 1");
      const surroundings = testSurroundings(scratch(), { interrupted });
      const out = join(scratch().path, "report.md");
      assert.equal(await runProgram(["check", "--deployed", "--stack", "dev", "--out", out], surroundings), code);
      assert.equal(existsSync(out), code === 1);
      assert.equal(surroundings.output.stdout !== "", code === 1);
    });
  }
});
