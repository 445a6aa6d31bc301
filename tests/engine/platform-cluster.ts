import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { localPaths } from "../../clusters/local-paths.ts";
import { listProcesses } from "../../clusters/processes.ts";
import { clusterTools } from "../../clusters/registry.ts";
import { SimulatedCluster } from "../../clusters/simulated.ts";
import { createProgress, defaultCacheDir, ensureToolchain } from "../../clusters/toolchain/index.ts";
import { readClusterAccess } from "../../platform/adapters/kubernetes/access.ts";
import { isNotFound, KubernetesApi } from "../../platform/adapters/kubernetes/api.ts";
import type { PreviewEnvironment, PreviewEnvironmentSpec } from "../../spec/index.ts";
import { MARK_VARIABLE } from "./chaos/service-processes.ts";
import { Checkout, PROJECT } from "./checkout.ts";

export const NAMESPACE = "terrarium";
/** Path of the Environment objects in the API. */
export const ENVIRONMENTS = `/apis/terrarium.dev/v1alpha1/namespaces/${NAMESPACE}/environments`;

/** Path of the leader's Lease in the API. */
export const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/terrarium-platform`;

const ENDS_WITH_PARENT = join(PROJECT, "tests/engine/ends-with-parent.ts");

/** What a service is started with. */
export interface ServiceSurroundings {
  /** As whom it reaches the cluster. @default as its administrator */
  readonly kubeconfig?: string;
  /** Of its processes. @default none beyond this process's own */
  readonly variables?: NodeJS.ProcessEnv;
}

/** A simulated cluster of its own for the platform service, with the definition of its resource. */
export class PlatformCluster {
  readonly api: KubernetesApi;
  readonly checkout: Checkout;
  readonly kubeconfig: string;
  readonly #cluster: SimulatedCluster;
  readonly #services: PlatformProcess[] = [];

  private constructor(checkout: Checkout, cluster: SimulatedCluster, kubeconfig: string) {
    this.checkout = checkout;
    this.#cluster = cluster;
    this.kubeconfig = kubeconfig;
    this.api = new KubernetesApi(readClusterAccess({ kubeconfig }));
  }

  static async create(): Promise<PlatformCluster> {
    const made = await PlatformCluster.createBare();
    await made.#prepare().catch(async (error: unknown) => {
      await made.remove();
      throw error;
    });
    return made;
  }

  /** A cluster that knows nothing of Environments. */
  static async createBare(): Promise<PlatformCluster> {
    const checkout = await Checkout.create();
    const { env, platform } = process;
    const cluster = new SimulatedCluster({
      paths: localPaths(checkout.folder),
      env,
      say: () => undefined,
      toolchain: () =>
        ensureToolchain(clusterTools.simulated, {
          cacheDir: defaultCacheDir(env, platform, homedir()),
          progress: createProgress(process.stderr),
          env,
        }),
    });
    try {
      return new PlatformCluster(checkout, cluster, (await cluster.up()).kubeconfig);
    } catch (error) {
      await cluster.down();
      checkout.remove();
      throw error;
    }
  }

  /** Folder that the services keep state and what operations need in. */
  get dataFolder(): string {
    return join(this.checkout.folder, ".terrarium", "platform-test", "data");
  }

  /** Folder for temporary files of the services and of all that they start. */
  get temporaryFolder(): string {
    return join(this.checkout.folder, ".terrarium", "platform-test", "tmp");
  }

  /** Value of the variable that all processes of the services inherit. */
  get mark(): string {
    return this.checkout.folder;
  }

  /** Starts the service; replicas have the same state. @param name of its files. */
  start(name: string, config: object = {}, as: ServiceSurroundings = {}): PlatformProcess {
    const { kubeconfig = this.kubeconfig, variables = {} } = as;
    mkdirSync(this.temporaryFolder, { recursive: true });
    const own = { TMPDIR: this.temporaryFolder, [MARK_VARIABLE]: this.mark, ...variables };
    const { folder } = this.checkout;
    const service = new PlatformProcess({ checkout: folder, kubeconfig, name, config, variables: own });
    this.#services.push(service);
    return service;
  }

  createEnvironment(
    name: string,
    spec: Partial<PreviewEnvironmentSpec> & Pick<PreviewEnvironmentSpec, "source">,
  ): Promise<unknown> {
    const body = {
      apiVersion: "terrarium.dev/v1alpha1",
      kind: "Environment",
      metadata: { name, namespace: NAMESPACE },
      spec,
    };
    return this.api.send("POST", ENVIRONMENTS, { body });
  }

  changeEnvironment(name: string, spec: object): Promise<unknown> {
    return this.api.send("PATCH", `${ENVIRONMENTS}/${name}`, { body: { spec } });
  }

  deleteEnvironment(name: string): Promise<unknown> {
    return this.api.send("DELETE", `${ENVIRONMENTS}/${name}`);
  }

  environment(name: string): Promise<PreviewEnvironment | undefined> {
    return this.read<PreviewEnvironment>(`${ENVIRONMENTS}/${name}`);
  }

  /** Reads an object; undefined where it is not there. */
  async read<T>(path: string): Promise<T | undefined> {
    try {
      return await this.api.send<T>("GET", path);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Waits until an environment is as a test wants it. */
  environmentUntil(
    name: string,
    isDone: (environment: PreviewEnvironment | undefined) => boolean,
    seconds = 60,
  ): Promise<PreviewEnvironment | undefined> {
    return until(async () => {
      const environment = await this.environment(name);
      return { done: isDone(environment), value: environment, state: JSON.stringify(environment?.status) };
    }, seconds);
  }

  /** Kills the API server and starts it again as it was. @param awaySeconds until it is started. @default at once */
  async restartApiServer(awaySeconds = 0): Promise<void> {
    const folder = localPaths(this.checkout.folder).kwok;
    const found = (await listProcesses()).find(
      ({ commandLine }) => commandLine.startsWith(folder) && commandLine.split(" ")[0]?.endsWith("/kube-apiserver"),
    );
    if (found === undefined) throw new Error("the cluster has no API server");
    const [program = "", ...args] = readFileSync(`/proc/${found.pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    process.kill(found.pid, "SIGKILL");
    await until(
      () => this.#answers().then((answers) => ({ done: !answers, value: undefined, state: "it answers" })),
      10,
    );
    await delay(awaySeconds * 1000);
    spawn(program, args, { cwd: folder, stdio: "ignore", detached: true }).unref();
    await until(() => this.#answers().then((done) => ({ done, value: undefined, state: "no answer" })), 30);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.kill()));
    await this.#cluster.down();
    this.checkout.remove();
  }

  /** Whether the API server is ready for requests of every kind. */
  #answers(): Promise<boolean> {
    return this.api.send("GET", "/apis/terrarium.dev/v1alpha1", { timeoutMs: 1_000 }).then(
      () => true,
      () => false,
    );
  }

  async #prepare(): Promise<void> {
    const definition = parse(readFileSync(join(PROJECT, "platform/crd/environments.yaml"), "utf8")) as object;
    await this.api.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: definition });
    await this.api.send("POST", "/api/v1/namespaces", {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
    });
    // It answers that it is not there, then that it is being set up.
    await until(async () => {
      const problem = await this.api.send("GET", ENVIRONMENTS).then(() => undefined, String);
      return { done: problem === undefined, value: undefined, state: problem };
    }, 30);
  }
}

/** What a platform service is started with. */
export interface PlatformProcessArgs {
  /** Folder of the program. */
  readonly checkout: string;
  readonly kubeconfig: string;
  /** Name of its files. */
  readonly name: string;
  readonly config: object;
  /** Variables beyond this process's own. @default none */
  readonly variables?: NodeJS.ProcessEnv;
  /** Folder below .terrarium for its files and data; services with the same one share their state. @default "platform-test" */
  readonly home?: string;
}

/** A platform service as `terrarium platform run` starts it. It ends when this process does, however that is. */
export class PlatformProcess {
  readonly child: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<number | null>;

  constructor(args: PlatformProcessArgs) {
    const { checkout, kubeconfig, name, config, variables, home = "platform-test" } = args;
    const own = join(checkout, ".terrarium", home);
    mkdirSync(own, { recursive: true });
    const file = join(own, `${name}.yaml`);
    writeFileSync(file, stringify({ namespace: NAMESPACE, http: { port: 0 }, ...config }));
    this.#log = join(own, `${name}-${Date.now()}.log`);
    const output = openSync(this.#log, "w");
    const data = join(own, "data");
    const env = { ...process.env, CI: "true", ...variables };
    const run = ["cli/main.ts", "platform", "run", "--config", file, "--kubeconfig", kubeconfig, "--data", data];
    this.child = spawn(process.execPath, ["--import", ENDS_WITH_PARENT, ...run], {
      ...{ cwd: checkout, env },
      stdio: ["pipe", output, output],
    });
    closeSync(output);
    this.#ended = new Promise((resolve) => this.child.once("close", resolve));
  }

  get log(): string {
    return readFileSync(this.#log, "utf8");
  }

  /** Address of its HTTP server, once it has started. */
  get url(): string {
    const port = /"started".*"port":(\d+)/.exec(this.log)?.[1];
    if (port === undefined) throw new Error(`the service has not started:\n${this.log}`);
    return `http://127.0.0.1:${port}`;
  }

  /** Waits until a line of the log has a text. */
  async says(text: string, seconds = 30): Promise<void> {
    await until(() => {
      const done = this.log.includes(text);
      if (!done && this.child.exitCode !== null) throw new Error(`the service has ended:\n${this.log}`);
      return Promise.resolve({ done, value: undefined, state: this.log });
    }, seconds);
  }

  /** Asks it to end. @returns its exit code. */
  stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return this.#ended;
  }

  /** Ends it as the system does when memory is short. */
  kill(): Promise<number | null> {
    this.child.kill("SIGKILL");
    return this.#ended;
  }
}

/** Looks again and again until something is done. */
export async function until<T>(
  look: () => Promise<{ readonly done: boolean; readonly value: T; readonly state: string | undefined }>,
  seconds: number,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const { done, value, state } = await look();
    if (done) return value;
    if (performance.now() > deadline)
      throw new Error(`the awaited state did not come within ${seconds} s; it is:\n${state}`);
    await delay(100);
  }
}
