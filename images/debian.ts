import { findExecutable } from "../clusters/toolchain/executable.ts";
import type { Execute } from "./command.ts";
import { ImageError } from "./errors.ts";
import type { DebianPackages } from "./recipe.ts";

/** Debian packages of the programs that make images, and of those that tests take. */
const PROGRAM_PACKAGES = {
  mmdebstrap: "mmdebstrap",
  buildah: "buildah",
  pip3: "python3-pip",
  chromium: "chromium",
} as const;

/** A program that makes images, or a part of them, or that tests take. */
export type BuildProgram = keyof typeof PROGRAM_PACKAGES;

/** What {@link ensurePrograms} looks at. */
export interface ProgramsOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly execute: Execute;
  /** Number of the user that runs this process; undefined where there are none. */
  readonly uid: number | undefined;
  readonly say: (line: string) => void;
}

/**
 * Installs the programs that are missing, with apt-get; none of them has a service.
 *
 * @throws ImageError that names all that is missing, when this user or machine can't install them.
 */
export async function ensurePrograms(programs: readonly BuildProgram[], options: ProgramsOptions): Promise<void> {
  const { env, execute, uid, say } = options;
  if (uid !== 0) {
    throw new ImageError("images are built by root, because their files belong to users of their own; run as root");
  }
  const missing: BuildProgram[] = [];
  for (const program of programs) {
    if ((await findExecutable(program, env)) === undefined) missing.push(program);
  }
  if (missing.length === 0) return;
  if ((await findExecutable("apt-get", env)) === undefined) {
    throw new ImageError(`${missing.join(" and ")} must be installed to build images, and this machine has no apt-get`);
  }
  const purpose = `installing ${missing.join(" and ")}`;
  say(`${purpose} with apt-get`);
  const noninteractive = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"] as const;
  await execute(purpose, [...noninteractive, "update"]);
  const packages = missing.map((program) => PROGRAM_PACKAGES[program]);
  await execute(purpose, [...noninteractive, "install", "--no-install-recommends", "--yes", ...packages]);
}

/**
 * Unpacks packages and what they depend on into a new folder.
 *
 * @throws ImageError when the packages can't be had.
 */
export async function unpackPackages(packages: DebianPackages, folder: string, execute: Execute): Promise<void> {
  const mirror = await ownMirror(execute);
  await execute(`unpacking ${packages.names.join(", ")} of Debian ${packages.suite}`, [
    "mmdebstrap",
    "--quiet",
    // Installation scripts would set up services and users; recipes say what of that an image has.
    "--variant=extract",
    "--mode=root",
    "--format=directory",
    `--include=${packages.names.join(",")}`,
    packages.suite,
    folder,
    ...(mirror === undefined ? [] : [mirror]),
  ]);
}

/** Where this machine gets Debian's packages from; undefined when it isn't Debian. */
async function ownMirror(execute: Execute): Promise<string | undefined> {
  const format = "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)";
  const targets = await execute("reading apt's sources", [
    "apt-get",
    "indextargets",
    "--format",
    format,
    "Created-By: Packages",
  ]);
  return targets
    .split("\n")
    .map((line) => line.split("|"))
    .find(([origin, label, component]) => origin === "Debian" && label === "Debian" && component === "main")?.[3];
}
