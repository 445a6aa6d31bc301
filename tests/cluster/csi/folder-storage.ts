import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { hostLayout } from "../../../clusters/host/layout.ts";
import { nodeName } from "../../../clusters/host/plan.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import { createProgress, defaultCacheDir, ensureToolchain, type Toolchain } from "../../../clusters/toolchain/index.ts";
import { objectsIn } from "../kubectl.ts";
import { checkout, forwards } from "../stack.ts";
import { DRIVER, driverServices, type Registration, registration } from "./driver.ts";
import { VolumeFolders } from "./volume-folders.ts";

/** Name of the classes of volumes and of snapshots. */
export const STORAGE_CLASS = "folders";

/** Kinds of the cluster that are made for it, and kinds of snapshots. */
const CLASSES = { csidriver: DRIVER, storageclass: STORAGE_CLASS, volumesnapshotclass: STORAGE_CLASS } as const;
const SNAPSHOT_KINDS = ["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"].map(
  (kind) => `${kind}.snapshot.storage.k8s.io`,
);

const { run } = objectsIn("default");

/**
 * A storage system with snapshots for a host cluster: our driver in this process, and beside it the controllers that every
 * cluster has for its drivers, as processes of this machine that end with this one, however that is.
 */
export class FolderStorage {
  readonly folders: VolumeFolders;
  readonly #tools: Toolchain;
  readonly #layout = hostLayout(localPaths(checkout));
  readonly #root = join(this.#layout.data, "csi");
  /** Short, because a socket's path has at most 107 characters. */
  readonly #socket = join(this.#layout.run, "csi.sock");
  /** The kubelet takes what it finds there for a driver. */
  readonly #registration = join(this.#layout.data, "kubelet", "plugins_registry", "folders.sock");
  readonly #servers: Server[] = [];
  readonly #processes: ChildProcess[] = [];

  private constructor(tools: Toolchain) {
    this.#tools = tools;
    rmSync(this.#root, { recursive: true, force: true });
    this.folders = new VolumeFolders(this.#root);
  }

  /** Brings it up, and the kubelet to know it. The controllers are built first where they are not in the cache. */
  static async start(): Promise<FolderStorage> {
    const { env, platform } = process;
    const cacheDir = defaultCacheDir(env, platform, homedir());
    const tools = await ensureToolchain(["csi"], { cacheDir, progress: createProgress(process.stderr), env });
    const storage = new FolderStorage(tools);
    try {
      await storage.#start();
    } catch (error) {
      console.error(storage.log());
      await storage.stop();
      throw error;
    }
    return storage;
  }

  /** What the controllers have written. */
  log(): string {
    return PROGRAMS.filter((name) => existsSync(this.#logFile(name)))
      .map((name) => `${name}:\n${readFileSync(this.#logFile(name), "utf8").slice(-4_000)}`)
      .join("\n");
  }

  /** Removes its classes and definitions, all snapshots with them, and ends it. */
  async stop(): Promise<void> {
    for (const [kind, name] of Object.entries(CLASSES)) await run(["delete", kind, name, "--ignore-not-found"]);
    // What is left of snapshots waits for the controllers to let it go.
    await run(["delete", "customresourcedefinitions", ...SNAPSHOT_KINDS, "--ignore-not-found", "--timeout=60s"]);
    for (const child of this.#processes) {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    }
    for (const server of this.#servers) server.forceShutdown();
    for (const path of [this.#socket, this.#registration, this.#root]) rmSync(path, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const csi = loadSync(this.#tools.path("csi.proto"), PROTO);
    const services = driverServices(this.folders, nodeName);
    const driver = new Server();
    for (const name of ["Identity", "Controller", "Node"] as const)
      driver.addService(csi[`csi.v1.${name}`] as ServiceDefinition, services[name]);
    await this.#serve(driver, this.#socket);
    await this.#install();
    const reach = [`--csi-address=${this.#socket}`, `--kubeconfig=${forwards.kubeconfig}`];
    this.#spawn("snapshot-controller", `--kubeconfig=${forwards.kubeconfig}`, NO_GROUPS);
    this.#spawn("csi-snapshotter", ...reach, NO_GROUPS);
    this.#spawn("csi-provisioner", ...reach);
    await new Promise<void>((resolve, reject) => {
      const told = ({ pluginRegistered, error }: Registration): void => {
        if (pluginRegistered) resolve();
        else reject(new Error(`the kubelet does not take the driver: ${error}`));
      };
      const server = new Server();
      const { "pluginregistration.Registration": definition } = loadSync(this.#tools.path("registration.proto"), PROTO);
      server.addService(definition as ServiceDefinition, registration(this.#socket, told));
      this.#serve(server, this.#registration).catch(reject);
      setTimeout(() => reject(new Error("the kubelet did not find the driver within 60 s")), 60_000).unref();
    });
  }

  #serve(server: Server, socket: string): Promise<void> {
    this.#servers.push(server);
    mkdirSync(dirname(socket), { recursive: true });
    rmSync(socket, { force: true });
    return new Promise((resolve, reject) => {
      server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async #install(): Promise<void> {
    const definitions = SNAPSHOT_KINDS.map((kind) => {
      const [plural = "", ...group] = kind.split(".");
      return this.#tools.path(`snapshots/${group.join(".")}_${plural}.yaml`);
    });
    await run(["apply", "--server-side", ...definitions.map((file) => `--filename=${file}`)]);
    const wait = ["wait", "--for=condition=Established", "--timeout=60s"];
    await run([...wait, ...SNAPSHOT_KINDS.map((kind) => `crd/${kind}`)]);
    await run(["apply", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: classes() }));
  }

  #spawn(name: (typeof PROGRAMS)[number], ...args: readonly string[]): void {
    const output = openSync(this.#logFile(name), "w");
    // The system ends it when this process has ended.
    const words = ["--pdeathsig", "KILL", "--", this.#tools.path(name), ...args];
    this.#processes.push(spawn("setpriv", words, { stdio: ["ignore", output, output] }));
    closeSync(output);
  }

  #logFile(name: string): string {
    return join(this.#layout.logs, `${name}.log`);
  }
}

const PROTO = { longs: Number, enums: String, defaults: true };
const PROGRAMS = ["snapshot-controller", "csi-snapshotter", "csi-provisioner"] as const;
const NO_GROUPS = "--feature-gates=CSIVolumeGroupSnapshot=false";

function classes(): object[] {
  return [
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: DRIVER },
      // A folder is no disk that a node is given, and belongs to the pod's group.
      spec: { attachRequired: false, podInfoOnMount: false, fsGroupPolicy: "File" },
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: STORAGE_CLASS },
      provisioner: DRIVER,
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
    },
    {
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshotClass",
      metadata: { name: STORAGE_CLASS },
      driver: DRIVER,
      deletionPolicy: "Delete",
    },
  ];
}
