import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parse } from "yaml";
import { ToolchainError, type Toolchain } from "../../clusters/toolchain/index.ts";
import type { Surroundings } from "../surroundings.ts";
import {
  definitionsOf,
  schemaPath,
  writeJsonSchemas,
  type Definitions,
  type ResourceDefinition,
} from "./json-schemas.ts";
import { manifestFiles, validate } from "./kubeconform.ts";
import type { CheckResult } from "./result.ts";

/** Where {@link checkSchemas} reads manifests, and where it may write. */
export interface SchemaFolders {
  readonly manifests: string;
  readonly schemas: string;
}

/** Has kubeconform check manifests against the schemas of Kubernetes and of the Gateway API. */
export async function checkSchemas(surroundings: Surroundings, folders: SchemaFolders): Promise<CheckResult> {
  const check = "schemas";
  let tools: Toolchain;
  let definitions: Definitions;
  try {
    tools = await surroundings.toolchain(["kubeconform"]);
    definitions = await readDefinitions(tools);
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return { check, summary: "not checked: see below", problems: [], notes: [error.message] };
  }
  writeJsonSchemas({ definitions }, folders.schemas);
  const files = manifestFiles(folders.manifests);
  const kinds = await Promise.all(files.map(async (file) => [file, await kindOf(file)] as const));
  const known = kinds.filter(([, kind]) => existsSync(join(folders.schemas, schemaPath(kind)))).map(([file]) => file);
  const unknown = new Set(kinds.filter(([file]) => !known.includes(file)).map(([, { kind }]) => kind));
  const { summary, problems } = await validate(tools.path("kubeconform"), folders.schemas, known);
  return {
    check,
    summary: `${known.length} objects: valid ${summary.valid}, invalid ${summary.invalid + summary.errors}`,
    problems: problems.map((problem) => ({
      message: problem.startsWith(folders.manifests) ? relative(folders.manifests, problem) : problem,
      level: "mandatory",
    })),
    notes: unknown.size === 0 ? [] : [`no schema is known for ${[...unknown].join(", ")}`],
  };
}

async function readDefinitions(tools: Toolchain): Promise<Definitions> {
  const [api, gateway] = [await tools.asset("kubernetes-api"), await tools.asset("gateway-api")];
  const { definitions } = JSON.parse(await readFile(api, "utf8")) as { definitions: Definitions };
  const files = (await readdir(gateway)).filter((name) => name.endsWith("_httproutes.yaml"));
  const texts = await Promise.all(files.map((name) => readFile(join(gateway, name), "utf8")));
  const custom = texts.map((text) => definitionsOf(parse(text) as ResourceDefinition));
  return Object.assign({}, definitions, ...custom) as Definitions;
}

async function kindOf(file: string): Promise<{ group: string; version: string; kind: string }> {
  const { apiVersion, kind } = parse(await readFile(file, "utf8")) as { apiVersion: string; kind: string };
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return { group, version, kind };
}
