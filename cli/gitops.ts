import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { withTimeLimit } from "../clusters/run-command.ts";
import { ExportFolder } from "../gitops/export-folder.ts";
import { helmTree } from "../gitops/helm.ts";
import { kustomizeTree } from "../gitops/kustomize.ts";
import { sealSecret } from "../gitops/sealed-secret.ts";
import { encryptWith, isFor, type Recipient, sopsRules } from "../gitops/sops.ts";
import type { StackObjects, Tree } from "../gitops/tree.ts";
import { UsageFailure } from "./exit.ts";
import { runningCluster } from "./running-cluster.ts";
import { Session } from "./session.ts";
import { wholeStack } from "./stack-objects.ts";
import { resolveStack } from "./stack-validation.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** What can be written. */
export const gitOpsFormats = ["kustomize", "helm"] as const;

const trees = { kustomize: kustomizeTree, helm: helmTree };

/** Options of `terrarium gitops`. */
export interface GitOpsOptions {
  readonly out: string;
  /** Overlays that Flux or kustomize builds, or charts with Flux's HelmReleases. */
  readonly format: (typeof gitOpsFormats)[number];
  /** Stacks to export; what all of them have in common becomes the base. */
  readonly stacks: readonly string[];
  /** Who can decrypt the Secrets. @default the rules that the folder has */
  readonly recipients: readonly Recipient[];
  /** Ask each stack's cluster what `up` would ask it. */
  readonly clusterFacts: boolean;
  /** Milliseconds that each run of Pulumi or sops may take. */
  readonly timeout: number;
}

/**
 * Writes stacks as a git repository that Flux or kustomize applies. Secrets are encrypted before they are written.
 *
 * @throws UsageFailure before anything is written: a wrong configuration, somebody else's files, nobody to encrypt for.
 */
export async function gitops(surroundings: Surroundings, options: GitOpsOptions): Promise<void> {
  const sessions = options.stacks.map((stack) => new Session(surroundings, stack));
  for (const stack of options.stacks) surroundings.validate(stack);
  const folder = new ExportFolder(resolve(options.out));
  await refuseForeign(folder);
  const rules = await rulesFor(folder, options);
  const { path } = await surroundings.toolchain(["sops"]);
  const run = withTimeLimit(options.timeout, "If it only needed longer, allow more with --timeout.");

  const stacks: (StackObjects & { readonly checksumKey: string })[] = [];
  for (const session of sessions) {
    const { stack } = session.file;
    say(surroundings, `Running the program for ${stack} ...`);
    const whole = await wholeStack(session, {
      run,
      ...(options.clusterFacts ? { access: await runningCluster(session) } : {}),
    });
    const objects = whole.objects;
    const environment = resolveStack(surroundings.checkout, stack);
    stacks.push({ stack, environment, objects, checksumKey: whole.checksumKey });
  }
  const tree = trees[options.format](stacks, repositoryPath(folder.path));
  if (options.recipients.length > 0) await folder.writeRules(rules);
  const encrypt = encryptWith(path("sops"), folder.rulesFile, run);
  const keys = new Map(stacks.map(({ stack, checksumKey }) => [stack, checksumKey]));
  const sealed = await Promise.all(
    [...tree.secrets].map(async ([file, { stack, object }]) => {
      const existing = await folder.read(file);
      const fingerprintKey = keys.get(stack) ?? "";
      const text = await sealSecret({
        object,
        path: file,
        ...(existing === undefined ? {} : { existing }),
        rules,
        fingerprintKey,
        encrypt,
      });
      return [file, text] as const;
    }),
  );
  const { written, removed } = await folder.replace(new Map([...tree.files, ...sealed]));
  say(
    surroundings,
    `${summary(tree, options.stacks)} in ${folder.path}: ${written} files written, ${removed} removed.`,
  );
}

function summary({ files, secrets }: Tree, stacks: readonly string[]): string {
  return `${files.size} files and ${secrets.size} encrypted Secrets of ${stacks.join(", ")} are`;
}

async function refuseForeign(folder: ExportFolder): Promise<void> {
  const foreign = await folder.foreignEntries();
  if (foreign.length === 0) return;
  throw new UsageFailure(
    `${folder.path} has ${foreign.join(", ")}, which \`terrarium gitops\` did not write. Choose another folder.`,
  );
}

/** The text of the rules by which Secrets are encrypted. */
async function rulesFor(folder: ExportFolder, { stacks, recipients }: GitOpsOptions): Promise<string> {
  const makeKey = "`age-keygen` makes a pair of keys.";
  if (recipients.length > 0) {
    const alone = stacks.find((stack) => !recipients.some((recipient) => isFor(recipient, stack)));
    if (alone === undefined) return sopsRules(stacks, recipients);
    throw new UsageFailure(`Nobody could decrypt the Secrets of ${alone}. Add --recipient ${alone}=age1…; ${makeKey}`);
  }
  const rules = await folder.read(".sops.yaml");
  if (rules !== undefined) return rules;
  throw new UsageFailure(
    `${folder.rulesFile} is not there to say who may decrypt the Secrets. Name public keys with --recipient age1…; ${makeKey}`,
  );
}

/** Where a folder lies in its git repository; "" at the top, and where there is none. */
function repositoryPath(folder: string): string {
  for (let top = folder; top !== dirname(top); top = dirname(top)) {
    if (existsSync(join(top, ".git"))) return relative(top, folder).replaceAll("\\", "/");
  }
  return "";
}
