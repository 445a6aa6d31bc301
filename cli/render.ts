import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { type CommandResult, lastLines } from "../clusters/run-command.ts";
import { CommandFailure, UsageFailure } from "./exit.ts";
import { type KubeManifest, manifestPath, toManifest, toYaml } from "./rendered-object.ts";
import { ScratchStack } from "./scratch-stack.ts";
import { Session } from "./session.ts";
import { say, type Surroundings } from "./surroundings.ts";
import { requireWritableFolder } from "./writable-path.ts";

/** Options of `terrarium render`. */
export interface RenderOptions {
  readonly stack: string;
  readonly out: string;
}

/** Marks a folder that this command wrote and may replace. */
const markerName = ".terrarium-rendered";

/**
 * Writes the manifests of a stack, as the engine would send them, one file for each object. Contacts no cluster and uses
 * no state: the engine previews a stack that is new.
 *
 * @throws UsageFailure when the folder holds something else.
 */
export async function render(surroundings: Surroundings, { stack, out }: RenderOptions): Promise<void> {
  const session = new Session(surroundings, stack);
  surroundings.validate(stack);
  const folder = resolve(out);
  requireWritableFolder(folder);
  await refuseForeignFolder(folder);
  const manifests = await renderManifests(session);
  const paths = await writeManifests(folder, manifests);
  say(surroundings, `${paths.length} manifests of ${stack} are in ${folder}.`);
}

/**
 * Writes manifests into a folder, with a kustomization that lists them. What the folder held before is gone.
 *
 * @returns the files' paths below the folder, in order.
 */
export async function writeManifests(folder: string, manifests: readonly KubeManifest[]): Promise<string[]> {
  const files = new Map<string, string>();
  for (const manifest of manifests) {
    const path = manifestPath(manifest);
    if (files.has(path)) throw new CommandFailure(`Two objects would both be ${path}.`);
    files.set(path, toYaml(manifest));
  }
  const paths = [...files.keys()].sort();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, markerName), "Written by `terrarium render`, which replaces the whole folder.\n");
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const kustomization = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: paths };
  await writeFile(join(folder, "kustomization.yaml"), stringify(kustomization));
  return paths;
}

/** Takes the manifests out of the output of `pulumi preview --json`. */
export function manifestsFromPreview(output: string): KubeManifest[] {
  const preview = JSON.parse(output) as { steps?: { newState?: { type?: string; inputs?: unknown } }[] };
  return (preview.steps ?? [])
    .map((step) => step.newState)
    .filter((state) => state?.type?.startsWith("kubernetes:") === true)
    .map((state) => toManifest(state?.inputs))
    .filter((manifest) => manifest !== undefined);
}

async function refuseForeignFolder(folder: string): Promise<void> {
  if (!existsSync(folder) || existsSync(join(folder, markerName))) return;
  if ((await readdir(folder)).length > 0) {
    throw new UsageFailure(
      `${folder} has files that \`terrarium render\` did not write. Choose an empty or a new folder.`,
    );
  }
}

/**
 * The manifests of a stack, as {@link render} writes them.
 *
 * @throws CommandFailure with what the engine or the program said.
 */
export async function renderManifests(session: Session): Promise<KubeManifest[]> {
  const { encryptionSalt, secretsProvider } = session.file;
  const withSecrets = encryptionSalt !== undefined || secretsProvider !== undefined;
  return ScratchStack.use({ session, withSecrets }, async (stack) => {
    const preview = await stack.runProgram(["preview", "--json"]);
    if (preview.code !== 0) throw new CommandFailure(`The manifests cannot be rendered: ${diagnosticsIn(preview)}`);
    return manifestsFromPreview(preview.stdout);
  });
}

/** A failed preview says why in its JSON. */
function diagnosticsIn(preview: CommandResult): string {
  try {
    const { diagnostics } = JSON.parse(preview.stdout) as { diagnostics?: { severity?: string; message?: string }[] };
    const errors = (diagnostics ?? [])
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message ?? "");
    if (errors.length > 0) return errors.join("\n").trim();
  } catch {
    // The engine did not get as far as JSON.
  }
  return lastLines(preview, 20);
}
