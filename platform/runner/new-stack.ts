import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lastLines, runCommand } from "../../clusters/run-command.ts";
import { folderAddress } from "../../stacks/folder-state.ts";
import { checkpointKey, LAYOUT_KEY, type StackName, type StateFiles } from "../../stacks/state-files.ts";
import { engineVariables } from "./engine-variables.ts";
import type { TaskSettings } from "./task.ts";
import type { WorkFolders } from "./work-folders.ts";

/** Name of the stack that is made to look at. */
const SAMPLE = "sample";

/** Milliseconds that Pulumi may take to make it; a key in a cloud is asked for. */
const timeoutMs = 60_000;

/**
 * The state of a stack that was just created, as Pulumi writes it: made once, in a folder that is gone then, because each new
 * stack would take Pulumi's command line a third of a second. All stacks of a service so share the salt of their passphrase, or
 * the encrypted key.
 *
 * @throws Error when Pulumi can't make one.
 */
export async function sampleStack(
  settings: Pick<TaskSettings, "project" | "state" | "tools">,
  folders: WorkFolders,
): Promise<string> {
  const { project, state, tools } = settings;
  const folder = folders.make();
  try {
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
    const address = folderAddress(folder);
    const args = ["stack", "init", SAMPLE, "--no-select", "--non-interactive"];
    const result = await runCommand(tools.pulumi, [...args, "--secrets-provider", state.secretsProvider], {
      cwd: folder,
      env: { ...process.env, ...engineVariables({ tools, state: { ...state, address } }) },
      timeoutMs,
    });
    if (result.code !== 0) throw new Error(`No stack can be made: ${lastLines(result, 1)}`);
    return await readFile(join(folder, checkpointKey({ project, stack: SAMPLE })), "utf8");
  } finally {
    folders.remove(folder);
  }
}

/**
 * Creates a stack from a sample.
 *
 * @returns whether it could: in a backend that Pulumi has not laid out yet, Pulumi has to do it.
 */
export async function createStack(state: StateFiles, name: StackName, sample: string): Promise<boolean> {
  if ((await state.read(LAYOUT_KEY)) === undefined) return false;
  const file = JSON.parse(sample) as { readonly checkpoint: object };
  const checkpoint = { ...file.checkpoint, stack: `organization/${name.project}/${name.stack}` };
  await state.create(checkpointKey(name), JSON.stringify({ ...file, checkpoint }));
  return true;
}
