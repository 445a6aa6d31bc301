import { CommandFailure } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";
import { connect, type TargetOptions } from "./connect.ts";
import { formatDescription, formatDiff } from "./describe.ts";
import { type EnvironmentFormat, formatData, formatEnvironment, formatEnvironments } from "./format.ts";

/** Options of the commands that show something. */
export interface ShowOptions extends TargetOptions {
  readonly output: EnvironmentFormat;
}

/** Lists the preview environments, all or those with labels. */
export async function list(
  surroundings: Surroundings,
  options: ShowOptions & { readonly selector?: string },
): Promise<void> {
  const client = await connect(surroundings, options);
  surroundings.stdout.write(formatEnvironments(await client.list(options.selector), options.output, new Date()));
}

/** Shows one preview environment in a line, or as data. */
export async function get(surroundings: Surroundings, name: string, options: ShowOptions): Promise<void> {
  const client = await connect(surroundings, options);
  surroundings.stdout.write(formatEnvironment(await client.read(name), options.output, new Date()));
}

/** Shows all that is known of one preview environment. */
export async function describe(surroundings: Surroundings, name: string, options: TargetOptions): Promise<void> {
  const client = await connect(surroundings, options);
  const [environment, events] = await Promise.all([client.read(name), client.events(name)]);
  surroundings.stdout.write(formatDescription(environment, events, new Date()));
}

/** Shows what the last update of one preview environment changed. */
export async function diff(
  surroundings: Surroundings,
  name: string,
  options: TargetOptions & { readonly output: "table" | "json" | "yaml" },
): Promise<void> {
  const client = await connect(surroundings, options);
  const { status } = await client.read(name);
  if (status?.diff === undefined) throw new CommandFailure(`${name} had no update yet.`);
  surroundings.stdout.write(
    options.output === "table" ? formatDiff(status.diff) : formatData(status.diff, options.output),
  );
}
