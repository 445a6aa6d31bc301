import { readdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../clusters/run-command.ts";
import { SCHEMA_LOCATION } from "./json-schemas.ts";

/** What kubeconform says about manifests. */
export interface Verdict {
  readonly summary: {
    readonly valid: number;
    readonly invalid: number;
    readonly errors: number;
    readonly skipped: number;
  };
  /** One line for each manifest that is not valid: file, object, what is wrong. */
  readonly problems: readonly string[];
}

/** Runs kubeconform, strictly and with schemas from a folder only. */
export async function validate(kubeconform: string, schemas: string, files: readonly string[]): Promise<Verdict> {
  const options = ["-strict", "-summary", "-output", "json", "-schema-location", join(schemas, SCHEMA_LOCATION)];
  // It needs no variable, and some would send it to the network.
  const result = await runCommand(kubeconform, [...options, ...files], { cwd: schemas, env: {} });
  if (result.stderr !== "") throw new Error(result.stderr);
  const { summary, resources } = JSON.parse(result.stdout) as Pick<Verdict, "summary"> & {
    readonly resources: readonly { filename: string; kind: string; name: string; msg: string }[];
  };
  const problems = resources.map(({ filename, kind, name, msg }) => `${filename}: ${kind}/${name}: ${msg}`);
  return { summary, problems };
}

/** The manifests below a folder that `terrarium render` wrote, without the list of them at its top. */
export function manifestFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml") && entry.parentPath !== folder)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
