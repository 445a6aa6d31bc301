import { EventEmitter } from "node:events";
import { join } from "node:path";
import type { Surroundings } from "../../../cli/surroundings.ts";
import type { Toolchain } from "../../../clusters/toolchain/index.ts";
import type { ScratchFolder } from "../clusters/scratch-folder.ts";

/** Surroundings of a test: a checkout in a scratch folder, scripted programs, output kept as text. */
export interface TestSurroundings extends Surroundings {
  /** What was written to standard output and standard error so far. */
  readonly output: { stdout: string; stderr: string };
}

/** Makes surroundings whose checkout has the project `terrarium` and the stack `dev`. */
export function testSurroundings(scratch: ScratchFolder, more: Partial<Surroundings> = {}): TestSurroundings {
  scratch.file("Pulumi.yaml", "name: terrarium\nruntime: nodejs\n");
  scratch.file("Pulumi.dev.yaml", "# kept\nconfig:\n  terrarium:tier: dev\n");
  const output = { stdout: "", stderr: "" };
  const toolchain: Toolchain = {
    binDir: join(scratch.path, "bin"),
    path: (binary) => join(scratch.path, "bin", binary),
    asset: (name) => Promise.resolve(`/assets/${name}`),
    env: {},
  };
  return {
    output,
    checkout: scratch.path,
    env: scratch.env,
    stdout: { write: (text) => (output.stdout += text) },
    stderr: { write: (text) => (output.stderr += text) },
    interactive: false,
    signals: new EventEmitter(),
    interrupted: new AbortController().signal,
    toolchain: () => Promise.resolve(toolchain),
    installedTools: () => Promise.resolve(undefined),
    validate: (stack) => stack,
    ...more,
  };
}
