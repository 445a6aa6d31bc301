import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { withTimeLimit } from "../clusters/run-command.ts";
import { ExportFolder, RULES_FILE } from "../gitops/export-folder.ts";
import { helmTree } from "../gitops/helm.ts";
import { kustomizeTree } from "../gitops/kustomize.ts";
import { sealSecret } from "../gitops/sealed-secret.ts";
import { isFor, type Recipient, sopsRules, withEncryption } from "../gitops/sops.ts";
import type { StackObjects, Tree } from "../gitops/tree.ts";
import { UsageFailure } from "./exit.ts";
import { runningCluster } from "./running-cluster.ts";
import { Session } from "./session.ts";
import { wholeStack } from "./stack-objects.ts";
import { resolveStack } from "./stack-validation.ts";
import { say, type Surroundings } from "./surroundings.ts";
import { requireWritableFolder } from "./writable-path.ts";

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
 * @throws UsageFailure before anything is written: a wrong configuration, somebody else's files, files of other stacks, nobody to
 *   encrypt for.
 */
export async function gitops(surroundings: Surroundings, options: GitOpsOptions): Promise<void> {
  const sessions = options.stacks.map((stack) => new Session(surroundings, stack));
  for (const stack of options.stacks) surroundings.validate(stack);
  const folder = new ExportFolder(resolve(options.out));
  requireWritableFolder(folder.path);
  await refuseForeign(folder);
  await refuseLoss(folder, options.stacks);
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
  const keys = new Map(stacks.map(({ stack, checksumKey }) => [stack, checksumKey]));
  const sealed = await withEncryption({ sops: path("sops"), rules, run }, (encrypt) =>
    Promise.all(
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
    ),
  );
  const { written, removed } = await folder.replace(new Map([...tree.files, ...sealed, [RULES_FILE, rules]]));
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

/** What is gone from the repository, Flux may remove from its cluster. */
async function refuseLoss(folder: ExportFolder, stacks: readonly string[]): Promise<void> {
  const others = (await folder.stacks()).filter((stack) => !stacks.includes(stack));
  if (others.length === 0) return;
  throw new UsageFailure(
    `${folder.path} also holds ${others.join(", ")}, whose files would go. Name every stack in --stacks; to take one out, first remove its folder below overlays or releases.`,
  );
}

/** The text of the rules by which Secrets are encrypted. */
async function rulesFor(folder: ExportFolder, { stacks, recipients }: GitOpsOptions): Promise<string> {
  const makeKey = "`age-keygen` makes a pair of keys.";
  if (recipients.length > 0) {
    const stranger = recipients.find(({ stack }) => stack !== undefined && !stacks.includes(stack))?.stack;
    if (stranger !== undefined) {
      throw new UsageFailure(`--recipient ${stranger}=…: the export is of ${stacks.join(", ")}. Name one of these.`);
    }
    const alone = stacks.find((stack) => !recipients.some((recipient) => isFor(recipient, stack)));
    if (alone === undefined) return sopsRules(stacks, recipients);
    throw new UsageFailure(`Nobody could decrypt the Secrets of ${alone}. Add --recipient ${alone}=age1…; ${makeKey}`);
  }
  const rules = await folder.read(RULES_FILE);
  if (rules !== undefined) return rules;
  throw new UsageFailure(
    `${join(folder.path, RULES_FILE)} is not there to say who may decrypt the Secrets. Name public keys with --recipient age1…; ${makeKey}`,
  );
}

/** Where a folder lies in its git repository; "" at the top, and where there is none. */
function repositoryPath(folder: string): string {
  for (let top = folder; top !== dirname(top); top = dirname(top)) {
    if (existsSync(join(top, ".git"))) return relative(top, folder).replaceAll("\\", "/");
  }
  return "";
}
