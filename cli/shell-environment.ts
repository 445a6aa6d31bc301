import { localPaths } from "../clusters/local-paths.ts";
import { readClusterRecord } from "../clusters/record.ts";
import { checkpointVariables, enginePath } from "./engine.ts";
import { StackState } from "./state.ts";
import type { Surroundings } from "./surroundings.ts";

/** Variables of the toolchain and the state that a shell needs for plain `pulumi` and `kubectl`. */
const toolVariables = [
  "PULUMI_HOME",
  "PULUMI_CREDENTIALS_PATH",
  "PULUMI_SKIP_UPDATE_CHECK",
  "PULUMI_IGNORE_AMBIENT_PLUGINS",
  "NODE_COMPILE_CACHE",
  "GOGC",
  "GOMEMLIMIT",
];

/** Prints the lines that make a shell use this checkout's tools, cluster and state: `eval "$(bin/terrarium shellenv)"`. */
export async function printEnvironment(surroundings: Surroundings): Promise<void> {
  const paths = localPaths(surroundings.checkout);
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  const record = readClusterRecord(paths.checkout);
  const variables: Record<string, string | undefined> = {
    ...toolVariables.reduce(
      (all, name) => ({ ...all, ...(toolchain.env[name] ? { [name]: toolchain.env[name] } : {}) }),
      {},
    ),
    PATH: enginePath({ ...surroundings.env, ...toolchain.env }),
    ...(record ? { KUBECONFIG: record.kubeconfig, ...checkpointVariables(record.provider, surroundings.env) } : {}),
    ...new StackState(paths, surroundings.env).environment(),
    // Plain `pulumi` uses the encryption that the state has, instead of beginning a new one.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
  };
  surroundings.stdout.write(formatExports(variables));
}

/** Shell lines that set variables, and remove those whose value is undefined. */
export function formatExports(variables: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(variables)
    .map(([name, value]) => (value === undefined ? `unset ${name}\n` : `export ${name}=${quote(value)}\n`))
    .join("");
}

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
