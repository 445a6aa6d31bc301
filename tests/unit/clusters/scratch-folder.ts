import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A folder of one test, removed after it. */
export interface ScratchFolder {
  readonly path: string;
  /** Writes a file below the folder, with the folders it needs. @returns its path. */
  file(name: string, text: string): string;
  /** Puts a shell script on the scratch PATH; each of its runs is recorded, with the variable given. */
  program(name: string, script: string): void;
  /** The recorded runs: program and arguments, one line each. */
  calls(): string[];
  /** PATH that has only the scratch programs and the system's shell tools. */
  readonly env: NodeJS.ProcessEnv;
}

/** Makes a new folder for every test of the surrounding `describe`. */
export function useScratchFolder(): () => ScratchFolder {
  let current: ScratchFolder | undefined;
  beforeEach(() => {
    current = createScratchFolder();
  });
  afterEach(() => {
    if (current !== undefined) rmSync(current.path, { recursive: true, force: true });
    current = undefined;
  });
  return () => {
    if (current === undefined) throw new Error("a scratch folder exists only while a test runs");
    return current;
  };
}

function createScratchFolder(): ScratchFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "terrarium-test-")));
  const bin = join(path, "bin");
  const log = join(path, "calls.log");
  mkdirSync(bin);
  const file = (name: string, text: string): string => {
    const target = join(path, name);
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, text);
    return target;
  };
  return {
    path,
    file,
    program(name, script) {
      const record = `printf '%s\\n' "${name} $*" >> '${log}'`;
      chmodSync(file(join("bin", name), `#!/bin/sh\n${record}\n${script}\n`), 0o755);
    },
    calls() {
      try {
        return readFileSync(log, "utf8").trim().split("\n");
      } catch {
        return [];
      }
    },
    env: { PATH: [bin, "/usr/bin", "/bin"].join(delimiter), HOME: path },
  };
}
