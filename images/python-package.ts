import { join } from "node:path";
import type { CacheLayout } from "../clusters/toolchain/cache-layout.ts";
import { installOnce } from "../clusters/toolchain/install.ts";
import { filesFolder } from "../clusters/toolchain/manifest.ts";
import type { Execute } from "./command.ts";

/** What the compiled parts of a package need: runs on every Debian that images are made of. */
const PLATFORM = `manylinux_2_28_${process.arch === "arm64" ? "aarch64" : "x86_64"}`;
/** Has packages in the registry; what images take from them does not depend on it. */
const PYTHON_VERSION = "3.13";

/**
 * The folder in the cache into which a Python package is installed at the first call, without what it depends on; pip checks
 * its digest.
 *
 * @param specification with an exact version, e.g. "pip==26.0".
 * @throws ImageError when pip can't install it.
 */
export async function pythonPackageFolder(
  specification: string,
  cache: CacheLayout,
  execute: Execute,
): Promise<string> {
  const [name = "", version = ""] = specification.split("==");
  const { files } = await installOnce(
    cache,
    { name: `python-${name}`, key: `${version}-${process.arch}` },
    {},
    (folder) =>
      execute(`installing the Python package ${specification}`, [
        "pip3",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        `--platform=${PLATFORM}`,
        `--python-version=${PYTHON_VERSION}`,
        `--target=${join(folder, filesFolder)}`,
        specification,
      ]).then(() => undefined),
  );
  return files;
}
