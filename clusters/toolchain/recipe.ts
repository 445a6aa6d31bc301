/**
 * How one component of the toolchain comes out of pinned Go modules. A recipe is data, so that the cache key covers all
 * of it: whatever changes the result changes the key.
 */
export interface Recipe {
  /** Name of the component; first part of its folder's name in the cache. */
  readonly name: string;
  /** What progress and errors call it, with its version. */
  readonly title: string;
  /** Seconds of a cold build on two cores, after a tool whose libraries it shares. The longest build starts first. */
  readonly coldSeconds: number;
  /** Files that a module carries outside its Go packages and a build embeds. */
  readonly embed?: readonly CopyStep[];
  /** Programs of the module that write sources before the build. */
  readonly generate?: readonly GenerateStep[];
  /** Go builds, in order. */
  readonly builds?: readonly BuildStep[];
  /** Files that are handed out as they are in the module. */
  readonly ship?: readonly CopyStep[];
}

/** One `go build`. */
export interface BuildStep {
  /** Folder below go/ whose go.mod and go.sum pin the build. */
  readonly folder: string;
  /** Binary name to Go package. */
  readonly binaries: Readonly<Record<string, string>>;
  /** Go string variables that the linker sets. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Build tags by which the module's own documentation leaves parts out. @default all parts */
  readonly tags?: readonly string[];
}

/** One program that is built and run in the module's folder. */
export interface GenerateStep {
  readonly folder: string;
  readonly package: string;
  readonly arguments: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** One file or folder copied out of a module. */
export interface CopyStep {
  /** Folder below go/ whose go.sum holds the module's checksum. */
  readonly folder: string;
  readonly module: string;
  /** Path inside the module. */
  readonly from: string;
  /** Path inside the sources (embed) or inside the installed component (ship). */
  readonly to: string;
  readonly executable?: boolean;
  /** Sets the member `version` of a JSON document on the way. */
  readonly jsonVersion?: string;
}

/** The folders below go/ that a recipe reads. */
export function foldersOf(recipe: Recipe): string[] {
  const steps = [...(recipe.embed ?? []), ...(recipe.generate ?? []), ...(recipe.builds ?? []), ...(recipe.ship ?? [])];
  return [...new Set(steps.map((step) => step.folder))];
}

/** The executables that a recipe leaves behind. */
export function binariesOf(recipe: Recipe): string[] {
  const built = (recipe.builds ?? []).flatMap((step) => Object.keys(step.binaries));
  const shipped = (recipe.ship ?? []).filter((step) => step.executable === true).map((step) => step.to);
  return [...built, ...shipped];
}
