import { tmpdir } from "node:os";
import { lastLines, runCommand } from "../../clusters/run-command.ts";
import { openState } from "../../stacks/open-state.ts";
import { engineVariables } from "./engine-variables.ts";
import { passwordsIn, SecretValues } from "./secret-values.ts";
import type { TaskSettings } from "./task.ts";

/** What is listed, and how to get at it. */
export type ListedState = Pick<TaskSettings, "project" | "state" | "tools">;

/** Milliseconds that Pulumi may take to list what is in a bucket. */
const timeoutMs = 60_000;

/**
 * Names of the stacks that have state, sorted.
 *
 * @throws Error when the state can't be reached; then nothing is known of any stack.
 */
export async function listStacks(settings: ListedState): Promise<string[]> {
  const { project, state } = settings;
  const files = openState(state.address);
  if (files === undefined) return listThroughPulumi(settings);
  try {
    const keys = await files.list(`.pulumi/stacks/${project}/`);
    const names = keys.map((key) => /\/([^/]+)\.json$/.exec(key)?.[1]);
    return names.filter((name) => name !== undefined).sort();
  } finally {
    await files.close();
  }
}

async function listThroughPulumi(settings: ListedState): Promise<string[]> {
  const { project, tools } = settings;
  const result = await runCommand(tools.pulumi, ["stack", "ls", "--project", project, "--json", "--non-interactive"], {
    cwd: tmpdir(),
    env: { ...process.env, ...engineVariables(settings) },
    timeoutMs,
  });
  if (result.code !== 0) {
    const secrets = new SecretValues();
    for (const password of passwordsIn(settings.state.address)) secrets.add(password);
    throw new Error(`The stacks can't be listed: ${secrets.hide(lastLines(result, 1))}`);
  }
  const stacks = JSON.parse(result.stdout) as readonly { readonly name: string }[];
  return stacks.map(({ name }) => name.split("/").at(-1) ?? name).sort();
}
