import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import {
  type Availability,
  type ClusterAccess,
  ClusterError,
  type ClusterProvider,
  type ClusterStatus,
} from "./provider.ts";
import { lastLines, type RunCommand, runCommand } from "./run-command.ts";
import type { Toolchain } from "./toolchain/index.ts";

/** Which cluster of the user is meant. */
export interface ContextClusterArgs {
  /** Name of a kubeconfig context, from the stack's configuration. */
  readonly context: string;
  /** Path of the kubeconfig file. @default KUBECONFIG, else ~/.kube/config */
  readonly kubeconfig?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Provides kubectl. */
  readonly toolchain: () => Promise<Toolchain>;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
}

/** A cluster that the user named and owns. It is used, never started, changed or removed. */
export class ContextCluster implements ClusterProvider {
  readonly name = "context";
  readonly #args: ContextClusterArgs;

  constructor(args: ContextClusterArgs) {
    this.#args = args;
  }

  available(): Promise<Availability> {
    const { context } = this.#args;
    return Promise.resolve(
      this.#file() === undefined
        ? { ok: false, reason: `no context "${context}" in ${this.#files().join(", ")}` }
        : { ok: true },
    );
  }

  async up(): Promise<ClusterAccess> {
    const found = await this.status();
    if (found.phase === "running") return found.access;
    const reason = found.phase === "broken" ? found.reason : `there is no such context in ${this.#files().join(", ")}`;
    throw new ClusterError(
      `The context "${this.#args.context}" that the stack's configuration names cannot be used: ${reason}. Correct terrarium:context or terrarium:kubeconfig, or remove them to use a local cluster.`,
    );
  }

  down(): Promise<void> {
    return Promise.resolve();
  }

  async status(): Promise<ClusterStatus> {
    const { context, env } = this.#args;
    const kubeconfig = this.#file();
    if (kubeconfig === undefined) return { phase: "absent" };
    const toolchain = await this.#args.toolchain();
    const result = await (this.#args.run ?? runCommand)(
      toolchain.path("kubectl"),
      ["--kubeconfig", kubeconfig, "--context", context, "get", "--raw", "/version", "--request-timeout=10s"],
      { env, timeoutMs: 30_000 },
    );
    if (result.code !== 0) return { phase: "broken", reason: lastLines(result, 1) };
    return {
      phase: "running",
      access: { provider: this.name, kubeconfig, context, simulatedPods: false, origin: "running" },
    };
  }

  #files(): string[] {
    const { kubeconfig, env } = this.#args;
    return kubeconfig === undefined ? kubeconfigFiles(env) : [kubeconfig];
  }

  #file(): string | undefined {
    return this.#files().find((path) => contextNames(path).includes(this.#args.context));
  }
}

/** The user's kubeconfig file that has a context, and the files that were searched. */
export function kubeconfigWith(context: string, env: NodeJS.ProcessEnv): { file?: string; searched: string[] } {
  const searched = kubeconfigFiles(env);
  return { file: searched.find((path) => contextNames(path).includes(context)), searched };
}

function kubeconfigFiles(env: NodeJS.ProcessEnv): string[] {
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  return listed.length > 0 ? listed : [join(env["HOME"] ?? homedir(), ".kube", "config")];
}

function contextNames(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    const file = parse(readFileSync(path, "utf8")) as { contexts?: { name?: string }[] } | null;
    return (file?.contexts ?? []).map((entry) => entry.name ?? "");
  } catch (error) {
    // What the parser says quotes lines of the file, which may hold a token.
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new ClusterError(
      `${path} is not a kubeconfig file: it is no YAML${line === undefined ? "" : ` in line ${line}`}.`,
    );
  }
}
