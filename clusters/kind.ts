import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whileLocked } from "./cluster-lock.ts";
import { type ContainerEngine, findContainerEngine } from "./container-engine.ts";
import { kindConfiguration } from "./kind-config.ts";
import type { LocalPaths } from "./local-paths.ts";
import {
  type Availability,
  type ClusterAccess,
  ClusterError,
  type ClusterOrigin,
  type ClusterProvider,
  type ClusterStatus,
  type Say,
} from "./provider.ts";
import { readClusterRecord, removeClusterRecord } from "./record.ts";
import { type CommandResult, lastLines, type RunCommand, runCommand } from "./run-command.ts";
import type { Toolchain } from "./toolchain/index.ts";

/** What a kind cluster needs of its surroundings. */
export interface KindClusterArgs {
  readonly paths: LocalPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
  /** Provides kind, kubectl, Calico and the Gateway API. */
  readonly toolchain: () => Promise<Toolchain>;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
}

/** Seconds for the network plugin to be pulled and to run on every node. */
const networkTimeoutSeconds = 300;

/** A cluster of containers made by kind on Podman or Docker, with Calico enforcing network policies. */
export class KindCluster implements ClusterProvider {
  readonly name = "kind";
  readonly #args: KindClusterArgs;
  readonly #paths: LocalPaths;
  readonly #run: RunCommand;
  /** Holds kind's configuration, and a marker once the cluster is completely set up. */
  readonly #folder: string;

  constructor(args: KindClusterArgs) {
    this.#args = args;
    this.#paths = args.paths;
    this.#run = args.run ?? runCommand;
    this.#folder = join(args.paths.root, "kind");
  }

  async available(): Promise<Availability> {
    const found = await findContainerEngine(this.#run, this.#args.env);
    return "engine" in found ? { ok: true } : { ok: false, reason: found.reason };
  }

  up(): Promise<ClusterAccess> {
    return whileLocked(this.#paths, this.#args.say, async () => {
      const tools = await this.#tools();
      const exists = await tools.exists();
      if (exists && existsSync(this.#marker())) {
        if (await this.#answers(tools)) return this.#access("running");
        this.#args.say("Repairing the kind cluster: its API server does not answer; starting its containers.");
        if (await this.#startContainers(tools)) return this.#access("restarted");
      }
      if (exists) {
        this.#args.say("The kind cluster is incomplete; making a new one.");
        await tools.kind([
          "delete",
          "cluster",
          "--name",
          this.#paths.clusterName,
          "--kubeconfig",
          this.#paths.kubeconfig,
        ]);
      }
      await this.#create(tools);
      return this.#access("created");
    });
  }

  down(): Promise<void> {
    return whileLocked(this.#paths, this.#args.say, async () => {
      if (existsSync(this.#folder)) {
        const tools = await this.#tools();
        const name = this.#paths.clusterName;
        await tools.kind(["delete", "cluster", "--name", name, "--kubeconfig", this.#paths.kubeconfig]);
        const list = ["ps", "--all", "--filter", `label=io.x-k8s.kind.cluster=${name}`, "--format", "{{.Names}}"];
        const left = expectSuccess(await tools.engine(list), "list the cluster's containers").stdout.trim();
        if (left !== "") {
          throw new ClusterError(
            `Containers of the kind cluster are left: ${left.split("\n").join(", ")}. Remove them by hand.`,
          );
        }
      }
      await rm(this.#folder, { recursive: true, force: true });
      await rm(this.#paths.kubeconfig, { force: true });
      if (readClusterRecord(this.#paths.checkout)?.provider === this.name) removeClusterRecord(this.#paths.checkout);
    });
  }

  async status(): Promise<ClusterStatus> {
    if (!existsSync(this.#folder)) return { phase: "absent" };
    const found = await findContainerEngine(this.#run, this.#args.env);
    if (!("engine" in found)) return { phase: "broken", reason: found.reason };
    const tools = await this.#tools();
    if (!(await tools.exists())) return { phase: "broken", reason: "its containers are gone" };
    if (!existsSync(this.#marker())) return { phase: "broken", reason: "an earlier start was interrupted" };
    if (!(await this.#answers(tools))) return { phase: "broken", reason: "the API server does not answer" };
    return { phase: "running", access: this.#access("running") };
  }

  /**
   * Makes an image of the container engine available in the cluster.
   *
   * @param image name and tag as the engine knows them.
   */
  async loadImage(image: string): Promise<void> {
    const tools = await this.#tools();
    // kind reads images from Docker only; an archive works with every engine.
    const folder = await mkdtemp(join(tmpdir(), "terrarium-image-"));
    const archive = join(folder, "image.tar");
    try {
      expectSuccess(await tools.engine(["save", "--output", archive, image]), `save the image ${image}`);
      await tools.kind(["load", "image-archive", archive, "--name", this.#paths.clusterName]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #create(tools: KindTools): Promise<void> {
    const { clusterName, kubeconfig } = this.#paths;
    const config = join(this.#folder, "kind.json");
    await mkdir(this.#folder, { recursive: true });
    await writeFile(config, kindConfiguration(clusterName));
    // Nodes get ready only with a network: waiting for them here would never end.
    const create = ["create", "cluster", "--name", clusterName, "--config", config, "--kubeconfig", kubeconfig];
    await tools.kind([...create, "--wait", "0s"]);
    const network = `${networkTimeoutSeconds}s`;
    await tools.kubectl(["apply", "--server-side", "--force-conflicts", "-f", await tools.asset("calico")]);
    await tools.kubectl(["rollout", "status", "daemonset/calico-node", "-n", "kube-system", `--timeout=${network}`]);
    await tools.kubectl(["wait", "--for=condition=Ready", "nodes", "--all", `--timeout=${network}`]);
    await tools.kubectl(["apply", "--server-side", "--force-conflicts", "-f", await tools.asset("gateway-api")]);
    await writeFile(this.#marker(), "");
  }

  /** After a restart of the machine the containers are there but stopped. */
  async #startContainers(tools: KindTools): Promise<boolean> {
    const nodes = (await tools.kind(["get", "nodes", "--name", this.#paths.clusterName])).stdout.trim().split("\n");
    const started = await tools.engine(["start", ...nodes]);
    if (started.code !== 0) return false;
    // The container engine may publish the API server on another port now.
    await tools.kind([
      "export",
      "kubeconfig",
      "--name",
      this.#paths.clusterName,
      "--kubeconfig",
      this.#paths.kubeconfig,
    ]);
    const waited = await tools.tryKubectl(["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s"]);
    return waited.code === 0;
  }

  async #answers(tools: KindTools): Promise<boolean> {
    if (!existsSync(this.#paths.kubeconfig)) {
      await tools.kind([
        "export",
        "kubeconfig",
        "--name",
        this.#paths.clusterName,
        "--kubeconfig",
        this.#paths.kubeconfig,
      ]);
    }
    return (await tools.tryKubectl(["get", "--raw", "/readyz", "--request-timeout=5s"])).code === 0;
  }

  async #tools(): Promise<KindTools> {
    const found = await findContainerEngine(this.#run, this.#args.env);
    if (!("engine" in found)) throw new ClusterError(`kind needs Podman or Docker: ${found.reason}.`);
    return new KindTools(found.engine, await this.#args.toolchain(), this.#run, this.#args.env, this.#paths);
  }

  #marker(): string {
    return join(this.#folder, "complete");
  }

  #access(origin: ClusterOrigin): ClusterAccess {
    const { kubeconfig, clusterName } = this.#paths;
    return { provider: this.name, kubeconfig, context: `kind-${clusterName}`, simulatedPods: false, origin };
  }
}

/** The programs that a kind cluster is made with, each reaching only this checkout's cluster. */
class KindTools {
  readonly #engine: ContainerEngine;
  readonly #toolchain: Toolchain;
  readonly #run: RunCommand;
  readonly #env: NodeJS.ProcessEnv;
  readonly #paths: LocalPaths;

  constructor(
    engine: ContainerEngine,
    toolchain: Toolchain,
    run: RunCommand,
    env: NodeJS.ProcessEnv,
    paths: LocalPaths,
  ) {
    this.#engine = engine;
    this.#toolchain = toolchain;
    this.#run = run;
    this.#env = { ...env, KIND_EXPERIMENTAL_PROVIDER: engine };
    this.#paths = paths;
  }

  asset(name: "gateway-api" | "calico"): Promise<string> {
    return this.#toolchain.asset(name);
  }

  async exists(): Promise<boolean> {
    return (await this.kind(["get", "clusters"])).stdout.split("\n").includes(this.#paths.clusterName);
  }

  async kind(args: readonly string[]): Promise<CommandResult> {
    const result = await this.#run(this.#toolchain.path("kind"), args, { env: this.#env });
    return expectSuccess(result, `kind ${args.slice(0, 2).join(" ")}`);
  }

  engine(args: readonly string[]): Promise<CommandResult> {
    return this.#run(this.#engine, args, { env: this.#env });
  }

  async kubectl(args: readonly string[]): Promise<CommandResult> {
    return expectSuccess(await this.tryKubectl(args), `kubectl ${args.slice(0, 2).join(" ")}`);
  }

  tryKubectl(args: readonly string[]): Promise<CommandResult> {
    return this.#run(this.#toolchain.path("kubectl"), ["--kubeconfig", this.#paths.kubeconfig, ...args], {
      env: this.#env,
    });
  }
}

function expectSuccess(result: CommandResult, what: string): CommandResult {
  if (result.code === 0) return result;
  throw new ClusterError(`Could not ${what}: ${lastLines(result)}`);
}
