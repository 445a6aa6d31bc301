import { execFile, spawn, type ChildProcess } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { HostCluster } from "../../clusters/host/index.ts";
import { KubeApi } from "../../clusters/kube-api.ts";
import { localPaths } from "../../clusters/local-paths.ts";
import { SimulatedCluster } from "../../clusters/simulated.ts";

/** What a finished command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Start of the folders' names; the pid of the owner follows. */
const PREFIX = "terrarium-test-";

/** The working tree that these tests are part of. */
export const PROJECT = resolve(import.meta.dirname, "../..");

/**
 * A copy of the working tree in a temporary folder: a checkout of its own, with its own cluster and state, as a user
 * has it. Removed with {@link Checkout.remove}.
 */
export class Checkout {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Copies what git tracks, and what it would track, of the working tree. */
  static async create(): Promise<Checkout> {
    const checkout = new Checkout(mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`)));
    const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], PROJECT);
    const files = listed.stdout
      .split("\0")
      .filter((file) => existsSync(join(PROJECT, file)) && !file.startsWith("tests/"));
    for (const file of files.filter((name) => name !== "")) {
      mkdirSync(dirname(join(checkout.folder, file)), { recursive: true });
      copyFileSync(join(PROJECT, file), join(checkout.folder, file));
    }
    symlinkSync(join(PROJECT, "node_modules"), join(checkout.folder, "node_modules"));
    return checkout;
  }

  /** Runs a `terrarium` command to its end. */
  terrarium(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    return run(process.execPath, ["cli/main.ts", ...args], this.folder, env);
  }

  /** Runs a `terrarium` command that must succeed. @returns its standard output. */
  async must(args: readonly string[]): Promise<string> {
    const result = await this.terrarium(args);
    if (result.code !== 0)
      throw new Error(`terrarium ${args.join(" ")} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  }

  /** Starts a `terrarium` command in a process group of its own. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, ["cli/main.ts", ...args], {
      cwd: this.folder,
      stdio: "ignore",
      detached: true,
      env: { ...process.env, CI: "true", ...env },
    });
  }

  /** Variables that make plain `pulumi` and `kubectl` work on this checkout, as `eval "$(terrarium shellenv)"` sets them. */
  async environment(): Promise<NodeJS.ProcessEnv> {
    const script = await this.must(["shellenv"]);
    const result = await run("sh", ["-c", `${script}\nenv -0`], this.folder);
    const variables = result.stdout
      .split("\0")
      .filter((line) => line.includes("="))
      .map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
    // Pulumi's provider leaves copies of the kubeconfig among the temporary files.
    return { ...Object.fromEntries(variables), TMPDIR: this.folder };
  }

  /** Runs a program in the checkout with the variables of {@link environment}. */
  async run(program: string, args: readonly string[]): Promise<CommandResult> {
    return run(program, args, this.folder, await this.environment());
  }

  /** Runs a program in the checkout with given variables. */
  runWith(env: NodeJS.ProcessEnv, program: string, args: readonly string[]): Promise<CommandResult> {
    return run(program, args, this.folder, env);
  }

  /** Writes a stack file: an existing stack's configuration changed by `edit`. */
  writeStack(stack: string, from: string, edit: (config: Record<string, unknown>) => void): void {
    const file = parse(readFileSync(join(this.folder, `Pulumi.${from}.yaml`), "utf8")) as {
      config: Record<string, unknown>;
    };
    edit(file.config);
    writeFileSync(join(this.folder, `Pulumi.${stack}.yaml`), stringify(file));
  }

  /** Changes a stack file of the checkout. */
  editStack(stack: string, edit: (config: Record<string, unknown>) => void): void {
    const path = join(this.folder, `Pulumi.${stack}.yaml`);
    const file = parse(readFileSync(path, "utf8")) as { config: Record<string, unknown> };
    edit(file.config);
    writeFileSync(path, stringify(file));
  }

  /** Writes a JSON file into the checkout's own folder for local files. @returns its path. */
  write(name: string, content: unknown): string {
    const path = join(this.folder, ".terrarium", name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  /** Runs kubectl against the checkout's cluster. @returns the parsed JSON. */
  async kubectl<T>(args: readonly string[]): Promise<T> {
    const result = await this.run("kubectl", [...args, "-o", "json"]);
    if (result.code !== 0) throw new Error(result.stderr);
    return JSON.parse(result.stdout) as T;
  }

  /** The API server of the checkout's cluster; to be closed. */
  api(): KubeApi {
    return openApi(localPaths(this.folder).kubeconfig);
  }

  /** Takes every stack of the checkout down, and with the last one the cluster; then removes the folder. */
  async removeEverything(): Promise<void> {
    const left: string[] = [];
    for (const stack of this.stacks()) {
      const result = await this.terrarium(["down", "--stack", stack, "--delete-data"]);
      if (result.code !== 0) left.push(`${stack}: ${result.stderr}`);
    }
    await this.removeCluster();
    this.remove();
    if (left.length > 0) throw new Error(`stacks that could not be taken down:\n${left.join("\n")}`);
  }

  /** Ends the checkout's own clusters, whatever stacks are on them. */
  private async removeCluster(): Promise<void> {
    const surroundings = {
      paths: localPaths(this.folder),
      env: process.env,
      say: () => undefined,
      toolchain: () => Promise.reject(new Error("removing a cluster needs no tools")),
    };
    for (const cluster of [new SimulatedCluster(surroundings), new HostCluster(surroundings)]) {
      if ((await cluster.status()).phase !== "absent") await cluster.down();
    }
  }

  /** Removes clusters and folders that nobody else will. @param isGone by the owner's pid. @default test runs that were killed */
  static async removeAbandoned(isGone: (pid: number) => boolean = (pid) => !isAlive(pid)): Promise<void> {
    for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
      const pid = Number(name.slice(PREFIX.length).split("-")[0]);
      // Folders without a number are of other tests, which may run now.
      if (!Number.isInteger(pid) || !isGone(pid)) continue;
      const abandoned = new Checkout(join(tmpdir(), name));
      await abandoned.removeCluster();
      abandoned.remove();
    }
  }

  /** Removes the folder. The cluster must be down. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Names of the stacks that have state. */
  stacks(): string[] {
    const folder = join(this.folder, ".terrarium/state/.pulumi/stacks/terrarium");
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((file) => /^([^.]+)\.json$/.exec(file)?.[1] ?? []);
  }
}

/** The API server of a kubeconfig file whose user has a certificate; to be closed. */
export function openApi(kubeconfig: string): KubeApi {
  const { clusters, users } = parse(readFileSync(kubeconfig, "utf8")) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const decoded = (value = "") => Buffer.from(value, "base64");
  const [{ cluster }, { user }] = [clusters[0], users[0]];
  return new KubeApi({
    server: cluster["server"] ?? "",
    certificateAuthority: decoded(cluster["certificate-authority-data"]),
    clientCertificate: decoded(user["client-certificate-data"]),
    clientKey: decoded(user["client-key-data"]),
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end. Never rejects. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  return new Promise((done) => {
    execFile(
      program,
      args,
      { cwd, env: { ...process.env, CI: "true", ...env }, maxBuffer: 256 * 2 ** 20 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        done({ code, stdout, stderr });
      },
    );
  });
}
