import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { defaultCacheDir } from "../../../clusters/toolchain/index.ts";
import { run } from "../checkout.ts";

/** Checks that are made of every answer. */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "unsupported_method",
  "ignored_auth",
];

/** What schemathesis is told. */
export interface FuzzOptions {
  /** Address of the service. */
  readonly url: string;
  readonly token: string;
  readonly seed: number;
  /** Requests that are made up for each route, at most. */
  readonly examples: number;
  /** Folder for what it leaves behind. */
  readonly folder: string;
}

/**
 * The program schemathesis, which is installed at the first call into a Python environment of its own in the cache, at the
 * versions that requirements.txt has.
 *
 * @throws Error where Python or its packages are not to be had.
 */
export async function schemathesis(): Promise<string> {
  const requirements = join(import.meta.dirname, "requirements.txt");
  const folder = join(defaultCacheDir(process.env, process.platform, homedir()), "api-fuzz");
  const program = join(folder, "bin", "schemathesis");
  if (!existsSync(program)) await must("python3", "-m", "venv", folder);
  await must(join(folder, "bin", "pip"), "install", "--quiet", "--requirement", requirements);
  return program;
}

/** Makes up requests from the service's own document, and checks the answers. @returns exit code and report. */
export async function fuzz(program: string, { url, token, seed, examples, folder }: FuzzOptions) {
  const { code, stdout, stderr } = await run(
    program,
    [
      ...["run", `${url}/api/v1/openapi.json`, "--url", url],
      ...["--header", `Authorization: Bearer ${token}`],
      ...["--checks", CHECKS.join(",")],
      ...["--max-examples", String(examples), "--seed", String(seed)],
      // The service itself answers in time where the cluster does not.
      ...["--request-timeout", "60"],
      ...["--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all", "--no-color"],
    ],
    folder,
  );
  return { code, report: `${stdout}${stderr}`.replaceAll(token, "<token>") };
}

async function must(program: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(program, args, import.meta.dirname);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
}
