import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import {
  checkManifest,
  InvalidSpecError,
  mergePatch,
  PREVIEW_ENVIRONMENT,
  type PreviewEnvironmentManifest,
} from "../../spec/index.ts";
import { UsageFailure } from "../exit.ts";

/** What a user says of an environment in the command line; it goes before what the file says. */
export interface ManifestOptions {
  /** Path of a YAML or JSON file with one Environment; "-" is the standard input. */
  readonly filename?: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly commit?: string;
  readonly mode?: string;
  readonly owner?: string;
  readonly ttl?: string;
  readonly drift?: string;
  /** `key=value` each. */
  readonly label: readonly string[];
}

/**
 * Makes an Environment from a file, options, or both, and checks it as the API server will.
 *
 * @param name undefined: the file's.
 * @throws UsageFailure with every problem.
 */
export function readManifest(name: string | undefined, options: ManifestOptions): PreviewEnvironmentManifest {
  const { filename, repository, branch, commit, label, mode, owner, ttl, drift } = options;
  const { group, version, kind } = PREVIEW_ENVIRONMENT;
  const file = filename === undefined ? { apiVersion: `${group}/${version}`, kind } : readFile(filename);
  const source = defined({ repository, branch, commit });
  const said = {
    metadata: defined({ name, labels: label.length === 0 ? undefined : Object.fromEntries(label.map(toLabel)) }),
    spec: defined({ source: Object.keys(source).length === 0 ? undefined : source, mode, owner, ttl, drift }),
  };
  try {
    return checkManifest(mergePatch(file, said));
  } catch (error) {
    if (error instanceof InvalidSpecError) throw new UsageFailure(error.message);
    throw error;
  }
}

function readFile(path: string): unknown {
  const what = path === "-" ? "The standard input" : path;
  try {
    const documents = parseAllDocuments(readFileSync(path === "-" ? 0 : path, "utf8"));
    const [document] = documents;
    if (document === undefined || documents.length > 1) throw new Error(`it has ${documents.length} documents`);
    const [problem] = document.errors;
    if (problem) throw problem;
    return document.toJS() as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageFailure(`${what} cannot be read as one Environment: ${reason}`);
  }
}

function toLabel(text: string): [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageFailure(`--label ${text}: expected KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function defined<T extends object>(from: T): Partial<T> {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as Partial<T>;
}
