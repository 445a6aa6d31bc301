import { registerHooks } from "node:module";

/**
 * Modules that Pulumi's SDK loads at its start and needs only to serialize functions, which an environment has none of:
 * npm's dependency tree and the TypeScript compiler are half of the modules and a third of the time. Each has a stand-in
 * here that loads it when it is first looked at.
 */
const standIns: Readonly<Record<string, string>> = {
  "@npmcli/arborist": import.meta.resolve("./arborist.cjs"),
  typescript: import.meta.resolve("./typescript.cjs"),
};

/** Puts the stand-ins in place. To be called before the SDK is loaded. */
export function loadRarelyNeededLazily(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = context.parentURL?.includes("/@pulumi/pulumi/") ? standIns[specifier] : undefined;
      return url === undefined ? next(specifier, context) : { url, format: "commonjs", shortCircuit: true };
    },
  });
}
