import { UsageFailure } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";
import { connect, type TargetOptions } from "./connect.ts";
import { type EnvironmentFormat, formatData, formatEnvironment, qualifiedName } from "./format.ts";
import { type ManifestOptions, readManifest } from "./manifest.ts";
import { waitUntilReady, type WaitOptions } from "./wait.ts";

/** Options of `terrarium env create`. */
export interface CreateOptions extends TargetOptions, ManifestOptions, WaitOptions {
  /** Only check it: here, or also by the API server. */
  readonly dryRun?: "client" | "server";
  readonly output: EnvironmentFormat;
}

/** Creates a preview environment, and waits until it runs where that is asked for. */
export async function create(
  surroundings: Surroundings,
  name: string | undefined,
  options: CreateOptions,
): Promise<void> {
  const { dryRun, output, timeout, wait } = options;
  const manifest = readManifest(name, options);
  const called = manifest.metadata.name;
  if (dryRun === "client") {
    const isData = output === "json" || output === "yaml";
    surroundings.stdout.write(
      isData ? formatData(manifest, output) : createdLine(called, output, " (checked, not created)"),
    );
    return;
  }
  const client = await connect(surroundings, { ...options, namespace: namespaceOf(manifest.metadata, options) });
  const created = await client.create(manifest, dryRun === "server");
  const environment =
    wait && dryRun === undefined ? await waitUntilReady(surroundings, client, called, timeout) : created;
  const note = dryRun === undefined ? (wait ? " is ready" : " created") : " (checked by the server, not created)";
  surroundings.stdout.write(
    output === "table" ? createdLine(called, output, note) : formatEnvironment(environment, output, new Date()),
  );
}

function createdLine(name: string, output: EnvironmentFormat, note: string): string {
  return `${qualifiedName(name)}${output === "name" ? "" : note}\n`;
}

function namespaceOf(
  { namespace: own }: Readonly<Record<string, unknown>>,
  { namespace }: TargetOptions,
): string | undefined {
  if (typeof own !== "string") return namespace;
  if (namespace !== undefined && namespace !== own)
    throw new UsageFailure(
      `The file says namespace ${own}, the command line says ${namespace}. Leave one of them out.`,
    );
  return own;
}
