import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { createProgress, defaultCacheDir, ensureToolchain, type Toolchain } from "../../clusters/toolchain/index.ts";
import { runCommand } from "../../clusters/run-command.ts";
import { type Stage, stages } from "../../gitops/stages.ts";
import { toYaml } from "../../gitops/yaml.ts";
import type { CommandResult } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";
import type { Manifest } from "./manifest-lists.ts";

/** Milliseconds for the tools where they must be built first, as on a new machine. */
export const BUILD_TIMEOUT_MS = 1_200_000;

/** A folder with an export of stacks of the shared checkout, and what kustomize, Flux and sops make of it. */
export class GitOpsExport {
  readonly folder: string;
  readonly tools: Toolchain;
  /** Public key that Secrets are encrypted for. */
  readonly recipient: string;
  /** The private key, which no file ever has. */
  readonly #key: Record<string, string>;

  private constructor(folder: string, tools: Toolchain, pair: string) {
    this.folder = folder;
    this.tools = tools;
    this.recipient = /age1\S+/.exec(pair)?.[0] ?? "";
    this.#key = { SOPS_AGE_KEY: /AGE-SECRET-KEY-\S+/.exec(pair)?.[0] ?? "" };
  }

  /**
   * Makes a pair of keys for a folder that is not there yet.
   *
   * @param name of the folder.
   * @param more tools than every export needs.
   */
  static async create(name: string, more: readonly ("flux" | "helm" | "kubeconform")[] = []): Promise<GitOpsExport> {
    const tools = await ensureToolchain(["sops", "age", "kubectl", ...more], {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      env: process.env,
    });
    const pair = await runCommand(tools.path("age-keygen"), [], { env: {} });
    return new GitOpsExport(join(sharedCheckout().folder, ".terrarium", name), tools, pair.stdout);
  }

  /** Exports stacks. It must succeed. */
  async write(stacks: readonly string[], args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    const options = ["--out", this.folder, "--stacks", stacks.join(","), "--recipient", this.recipient, ...args];
    const result: CommandResult = await sharedCheckout().terrarium(["gitops", ...options], env);
    assert.equal(result.code, 0, result.stderr);
    return result;
  }

  /** Paths of all files, sorted. */
  files(below = ""): string[] {
    return readdirSync(join(this.folder, below), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)))
      .sort();
  }

  text(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** Stands for every byte of the export. */
  digest(): string {
    const files = this.files().map((file) => [file, this.text(file)]);
    return createHash("sha256").update(JSON.stringify(files)).digest("hex");
  }

  /** The stages that a stack has, in order. */
  stagesOf(stack: string): Stage[] {
    const files = this.files("flux");
    return stages.filter((stage) => files.includes(`flux/${stack}/${stage}.yaml`));
  }

  /** What kustomize makes of a folder. */
  async build(folder: string): Promise<Manifest[]> {
    return documents(await this.#run("kubectl", ["kustomize", join(this.folder, folder)]));
  }

  /** {@link build} with the values of Secrets in the clear. */
  async decrypted(folder: string): Promise<Manifest[]> {
    return Promise.all((await this.build(folder)).map((manifest) => this.#decrypt(manifest)));
  }

  /** What Flux makes of a stage; a dry run shows nothing of Secrets but their keys. */
  async builtByFlux(stack: string, stage: Stage): Promise<Manifest[]> {
    const file = join(this.folder, `flux/${stack}/${stage}.yaml`);
    const { metadata } = parse(readFileSync(file, "utf8")) as Manifest;
    const path = join(this.folder, `overlays/${stack}/${stage}`);
    const args = ["build", "kustomization", metadata.name, "--path", path, "--kustomization-file", file, "--dry-run"];
    return documents(await this.#run("flux", args)).map(withoutFluxLabels);
  }

  /** What Helm makes of a chart with a release's values. */
  async rendered(stack: string, stage: string): Promise<Manifest[]> {
    const release = parse(this.text(`releases/${stack}/${stage}.yaml`)) as { spec: { values: object } };
    const args = ["template", stage, join(this.folder, "chart", stage), "--values", "-"];
    return documents(await this.#run("helm", args, toYaml(release.spec.values)));
  }

  async #decrypt(manifest: Manifest): Promise<Manifest> {
    if (manifest.kind !== "Secret") return manifest;
    const args = ["decrypt", "--input-type", "yaml", "--output-type", "yaml"];
    return parse(await this.#run("sops", args, toYaml(manifest))) as Manifest;
  }

  async #run(tool: string, args: readonly string[], input = ""): Promise<string> {
    const env = { HOME: this.folder, ...(tool === "sops" ? this.#key : {}) };
    const { code, stdout, stderr } = await runCommand(this.tools.path(tool), args, { env, input });
    assert.equal(code, 0, stderr);
    return stdout;
  }
}

/** The manifests in a text; some tools end theirs with an empty document. */
function documents(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

function withoutFluxLabels(manifest: Manifest): Manifest {
  const labels = Object.entries(manifest.metadata.labels ?? {});
  const own = labels.filter(([name]) => !name.includes("toolkit.fluxcd.io/"));
  return { ...manifest, metadata: { ...manifest.metadata, labels: Object.fromEntries(own) } };
}
