import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createPrivateFile, writePrivateFile } from "../../clusters/kubeconfig.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import { parseStackFile, type StackFile } from "../project.ts";

/** What the project asks of every stack; this one takes nothing else of its configuration from its file. */
const CONTENT = "config:\n  terrarium:tier: staging\n";

/**
 * The stack of an installation on a cluster. It belongs to the checkout's project, so that its state is where that of all other
 * stacks is and a local cluster that it runs on stays; its file is this machine's.
 *
 * @param context of the kubeconfig, by which the cluster is known.
 */
export function platformStackFile(checkout: string, context: string): StackFile {
  const { config } = localPaths(checkout);
  const stack = `platform-${toStackName(context)}`;
  const path = join(config, `Pulumi.${stack}.yaml`);
  if (!existsSync(path)) createPrivateFile(path, CONTENT);
  const file = parseStackFile(checkout, stack, path);
  // Pulumi creates and removes stacks from this folder.
  writePrivateFile(join(config, "Pulumi.yaml"), `name: ${file.project}\nruntime: nodejs\n`);
  return file;
}

/** Contexts have names such as "arn:aws:eks:…:cluster/one": what a stack's name can't have is told apart by a digest. */
function toStackName(context: string): string {
  const plain = context.replaceAll(/[^A-Za-z0-9_-]+/g, "-").slice(0, 60);
  return plain === context ? plain : `${plain}-${createHash("sha256").update(context).digest("hex").slice(0, 8)}`;
}
