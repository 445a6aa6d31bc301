/** The tools that Terrarium runs: found on the machine, downloaded or built, once per set of pinned versions. */
export { defaultCacheDir } from "./cache-layout.ts";
export type { ToolName } from "./components.ts";
export {
  ensureToolchain,
  findToolchain,
  type AssetName,
  type Toolchain,
  type ToolchainOptions,
} from "./ensure-toolchain.ts";
export { ChecksumError, CommandError, GoRequiredError, ToolchainError } from "./errors.ts";
export { createProgress, type Progress, type ProgressStream, type Step } from "./progress.ts";
export { acceptedOfficial, versions } from "./versions.ts";
