import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Progress } from "../../../clusters/toolchain/index.ts";

/** A folder that is removed after each test of the suite that calls this. */
export function scratchFolder(): { readonly path: (...names: string[]) => string } {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "toolchain-test-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return { path: (...names) => join(folder, ...names) };
}

/** Writes an executable shell script. */
export async function writeScript(path: string, body: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

/**
 * A go command whose builds write a script that only says which package it is made from, and a line to the file in
 * BUILDS; FAKE_GO_BUILD is shell code that each build runs first. All modules have the content of the folder FAKE_MODULE.
 */
export const fakeGo = `
case "$1" in
  env) echo "\${FAKE_GO_VERSION:-go1.99.0}" ;;
  mod) echo "{ \\"Dir\\": \\"$FAKE_MODULE\\" }" ;;
  build)
    echo "build" >> "$BUILDS"
    eval "$FAKE_GO_BUILD"
    while [ "$1" != "-o" ]; do shift; done
    printf '#!/bin/sh\n# binary of %s\n' "$3" > "$2"
    chmod +x "$2" ;;
  *) exit 2 ;;
esac`;

/** What {@link fakeGo} writes in place of a binary. */
export function fakeBinary(goPackage: string): string {
  return `#!/bin/sh\n# binary of ${goPackage}\n`;
}

/** Progress that keeps what it is told. */
export function recordingProgress(): Progress & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    start(step) {
      lines.push(`start ${step}`);
      return {
        done: (detail) => lines.push(`done ${step}${detail === undefined ? "" : `: ${detail}`}`),
        fail: (detail) => lines.push(`fail ${step}: ${detail}`),
      };
    },
  };
}

/** The lines of a file; none when there is no file. */
export async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** Looks again until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`waited 5 s for ${what}`);
    }
    await delay(5);
  }
}

/**
 * Whether a process has ended. A killed process stays listed until its parent, which may be the machine's first process,
 * takes note.
 */
export async function hasEnded(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return state.slice(state.lastIndexOf(")") + 2).startsWith("Z");
}
