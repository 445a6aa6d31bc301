import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { findFreePorts, portIsFree } from "./free-ports.ts";
import { findVolumeFolders, removeVolumeFolders } from "./host-path-volumes.ts";
import { KubeApi, type KubeEndpoint } from "./kube-api.ts";
import { kubeconfigFor, writePrivateFile } from "./kubeconfig.ts";
import type { LocalPaths } from "./local-paths.ts";
import { whileLocked } from "./cluster-lock.ts";
import { type ListProcesses, listProcesses, type LocalProcess } from "./processes.ts";
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
import { lastLines, runCommand } from "./run-command.ts";
import { components, kwokctlConfiguration, portCount, portsFrom, type SimulatedPorts } from "./simulated-config.ts";
import { installContent, unreadyNode } from "./simulated-content.ts";
import type { Toolchain } from "./toolchain/index.ts";
import { waitUntil } from "./wait-until.ts";

/** What a simulated cluster needs of its surroundings. */
export interface SimulatedClusterArgs {
  readonly paths: LocalPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
  /** Provides kwokctl, the control plane and the Gateway API; called only when something has to be started. */
  readonly toolchain: () => Promise<Toolchain>;
  /** @default the processes of this machine */
  readonly listProcesses?: ListProcesses;
}

/** Milliseconds that a control plane may take to start on a busy machine. */
const startTimeoutMs = 90_000;

/**
 * A real control plane (etcd, kube-apiserver, kube-controller-manager, kube-scheduler) as processes of this user, with
 * nodes and pods simulated by kwok. Everything but the volumes' folders lies in `.terrarium/kwok`.
 */
export class SimulatedCluster implements ClusterProvider {
  readonly name = "simulated";
  readonly #args: SimulatedClusterArgs;
  readonly #paths: LocalPaths;
  readonly #folder: string;

  constructor(args: SimulatedClusterArgs) {
    this.#args = args;
    this.#paths = args.paths;
    this.#folder = join(args.paths.kwok, "clusters", args.paths.clusterName);
  }

  available(): Promise<Availability> {
    return Promise.resolve(
      process.platform === "win32" ? { ok: false, reason: "it runs on Linux and macOS only" } : { ok: true },
    );
  }

  up(): Promise<ClusterAccess> {
    return whileLocked(this.#paths, this.#args.say, async () => {
      const found = await this.#inspect();
      if (found.phase === "running") return this.#access("running");
      const toolchain = await this.#args.toolchain();
      if (found.phase === "broken") {
        this.#args.say(`Repairing the simulated cluster: ${found.reason}.`);
        const failure = await this.#restart(toolchain);
        if (failure === undefined) return this.#access("restarted");
        this.#args.say(`It cannot be started on its old data (${failure}); making a new one.`);
        await this.#remove();
      }
      await this.#create(toolchain);
      return this.#access("created");
    });
  }

  down(): Promise<void> {
    return whileLocked(this.#paths, this.#args.say, () => this.#remove());
  }

  async status(): Promise<ClusterStatus> {
    const found = await this.#inspect();
    return found.phase === "running" ? { phase: "running", access: await this.#access("running") } : found;
  }

  async #inspect(): Promise<{ phase: "absent" } | { phase: "running" } | { phase: "broken"; reason: string }> {
    const running = await this.#processes();
    if (!existsSync(this.#folder)) {
      if (running.length === 0) return { phase: "absent" };
      return { phase: "broken", reason: "its folder is gone but its processes run" };
    }
    const ports = await this.#readPorts();
    if (ports === undefined) return { phase: "broken", reason: "an earlier start was interrupted" };
    const missing = components.filter((name) => !running.some((entry) => this.#component(entry) === name));
    if (missing.length > 0) return { phase: "broken", reason: `${missing.join(", ")} not running` };
    const reason = await this.#withApi(ports, async (api) =>
      (await api.ready()) ? unreadyNode(api).catch(String) : "the API server does not answer",
    );
    return reason === undefined ? { phase: "running" } : { phase: "broken", reason };
  }

  /** Starts the processes again on the data they had. @returns what went wrong; undefined when all is well. */
  async #restart(toolchain: Toolchain): Promise<string | undefined> {
    const ports = await this.#readPorts();
    if (ports === undefined) return "it was never complete";
    await this.#stopProcesses();
    // kwokctl believes these files: a number in them may belong to another program by now.
    await rm(join(this.#folder, "pids"), { recursive: true, force: true });
    await mkdir(join(this.#folder, "pids"), { recursive: true });
    const busy = await busyPorts(ports);
    if (busy.length > 0) return `port ${busy.join(", ")} in use by another program`;
    const result = await this.#kwokctl(toolchain, ["start", "cluster", "--name", this.#paths.clusterName]);
    if (result.code !== 0) return lastLines(result, 1);
    return this.#withApi(ports, (api) =>
      waitUntil(async () => ((await api.ready()) ? unreadyNode(api).catch(String) : "the API server does not answer"), {
        timeoutMs: startTimeoutMs,
      }),
    );
  }

  async #create(toolchain: Toolchain): Promise<void> {
    const [ports, definitions] = await Promise.all([
      findFreePorts(this.#paths.clusterName, portCount).then(portsFrom),
      toolchain.asset("gateway-api"),
    ]);
    const configuration = join(this.#paths.kwok, "kwokctl.json");
    await mkdir(this.#paths.kwok, { recursive: true, mode: 0o700 });
    await writeFile(
      configuration,
      JSON.stringify(
        kwokctlConfiguration(ports, (binary) => toolchain.path(binary)),
        null,
        2,
      ),
    );
    // An empty --kubeconfig keeps kwokctl away from the user's own file.
    const create = ["create", "cluster", "--name", this.#paths.clusterName, "--kubeconfig=", "--config", configuration];
    const result = await this.#kwokctl(toolchain, create);
    if (result.code !== 0) throw await this.#startFailure(lastLines(result));
    const missing = await this.#withApi(ports, async (api) => {
      const notReady = await waitUntil(
        async () => ((await api.ready()) ? undefined : "the API server does not answer"),
        {
          timeoutMs: startTimeoutMs,
        },
      );
      return notReady ?? installContent(api, definitions, goArchitecture(), startTimeoutMs);
    });
    if (missing !== undefined) throw await this.#startFailure(missing);
    await writeFile(this.#portsFile(), JSON.stringify(ports));
  }

  async #startFailure(reason: string): Promise<ClusterError> {
    const running = (await this.#processes()).map((entry) => this.#component(entry));
    const ended = components.filter((name) => !running.includes(name));
    const hint = ended.length > 0 ? `${ended.join(", ")} ended. ` : "";
    return new ClusterError(
      `The simulated cluster did not start: ${reason}. ${hint}Its logs are in ${join(this.#folder, "logs")}; run the command again to start afresh.`,
    );
  }

  async #remove(): Promise<void> {
    const ports = await this.#readPorts();
    await this.#stopProcesses();
    const volumes = await findVolumeFolders(join(this.#folder, "etcd"));
    const left = await removeVolumeFolders(volumes);
    await rm(this.#paths.kwok, { recursive: true, force: true });
    await rm(this.#paths.kubeconfig, { force: true });
    if (readClusterRecord(this.#paths.checkout)?.provider === this.name) removeClusterRecord(this.#paths.checkout);
    if (ports !== undefined) left.push(...(await busyPorts(ports)).map((port) => `TCP port ${port}`));
    if (left.length > 0) {
      throw new ClusterError(`The simulated cluster is removed except for: ${left.join(", ")}. Remove these by hand.`);
    }
  }

  async #stopProcesses(): Promise<void> {
    const left = await waitUntil(
      async () => {
        const running = await this.#processes();
        for (const { pid } of running) kill(pid);
        return running.length === 0 ? undefined : running.map((entry) => entry.pid).join(", ");
      },
      { timeoutMs: 15_000, everyMs: 20 },
    );
    if (left !== undefined) {
      throw new ClusterError(
        `Processes ${left} of the simulated cluster cannot be stopped. Stop them as the user who started them.`,
      );
    }
  }

  async #kwokctl(toolchain: Toolchain, args: readonly string[]): ReturnType<typeof runCommand> {
    // Variables of kwok in the user's environment would change our configuration.
    const inherited = Object.entries(this.#args.env).filter(([name]) => !name.startsWith("KWOK_"));
    const path = [toolchain.binDir, this.#args.env["PATH"] ?? "/usr/bin:/bin"].join(":");
    const env = { ...Object.fromEntries(inherited), PATH: path, KWOK_WORKDIR: this.#paths.kwok };
    return runCommand(toolchain.path("kwokctl"), args, { env, timeoutMs: startTimeoutMs });
  }

  async #processes(): Promise<LocalProcess[]> {
    const all = await (this.#args.listProcesses ?? listProcesses)();
    return all.filter((entry) => this.#component(entry) !== undefined);
  }

  /** Programs of this cluster run under the path of the cluster's own folder, which no other program does. */
  #component({ commandLine }: LocalProcess): string | undefined {
    const prefix = `${this.#folder}/bin/`;
    if (commandLine.startsWith(prefix)) return commandLine.slice(prefix.length).split(" ")[0];
    // kwokctl outlives a command that was killed, and goes on starting programs.
    return /^\S*kwokctl (create|start) /.test(commandLine) && commandLine.includes(`--name ${this.#paths.clusterName}`)
      ? "kwokctl"
      : undefined;
  }

  #portsFile(): string {
    return join(this.#folder, "complete.json");
  }

  /** The ports of a cluster that was completely set up once. */
  async #readPorts(): Promise<SimulatedPorts | undefined> {
    try {
      return JSON.parse(await readFile(this.#portsFile(), "utf8")) as SimulatedPorts;
    } catch {
      return undefined;
    }
  }

  async #endpoint(ports: SimulatedPorts): Promise<KubeEndpoint> {
    const read = (name: string): Promise<Buffer> => readFile(join(this.#folder, "pki", name));
    const [certificateAuthority, clientCertificate, clientKey] = await Promise.all([
      read("ca.crt"),
      read("admin.crt"),
      read("admin.key"),
    ]);
    return { server: `https://127.0.0.1:${ports.apiserver}`, certificateAuthority, clientCertificate, clientKey };
  }

  async #withApi<T>(ports: SimulatedPorts, task: (api: KubeApi) => Promise<T>): Promise<T> {
    const api = new KubeApi(await this.#endpoint(ports));
    try {
      return await task(api);
    } finally {
      api.close();
    }
  }

  async #access(origin: ClusterOrigin): Promise<ClusterAccess> {
    const context = this.#paths.clusterName;
    const ports = await this.#readPorts();
    if (ports !== undefined && (origin === "created" || !existsSync(this.#paths.kubeconfig))) {
      writePrivateFile(this.#paths.kubeconfig, kubeconfigFor(context, await this.#endpoint(ports)));
    }
    return { provider: this.name, kubeconfig: this.#paths.kubeconfig, context, simulatedPods: true, origin };
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended, or it belongs to another user: then it stays in the list, and the caller reports it.
  }
}

/** Ports that stay in use: the system releases those of a killed program a moment after its end. */
async function busyPorts(ports: SimulatedPorts): Promise<number[]> {
  const numbers = Object.values(ports) as number[];
  let busy: number[] = [];
  await waitUntil(
    async () => {
      const free = await Promise.all(numbers.map((port) => portIsFree(port)));
      busy = numbers.filter((_, index) => free[index] === false);
      return busy.length === 0 ? undefined : "busy";
    },
    { timeoutMs: 5_000, everyMs: 20 },
  );
  return busy;
}

/** Kubernetes names architectures as Go does. */
function goArchitecture(): string {
  return arch() === "x64" ? "amd64" : arch();
}
