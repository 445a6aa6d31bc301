import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { listProcesses } from "../../clusters/processes.ts";
import { PREVIEW_ENVIRONMENT, type PreviewEnvironment } from "../../spec/index.ts";
import { killEverything, MARK_VARIABLE } from "../engine/chaos/service-processes.ts";
import { PlatformProcess } from "../engine/platform-cluster.ts";
import { eventually } from "./eventually.ts";
import { kubectl, type Objects, objectsIn } from "./kubectl.ts";
import { checkout, forwards, unique } from "./stack.ts";

const KIND = "environments.terrarium.dev";
/** Seconds that an environment gets: it shares a node of two cores with those of other tests. */
const WAIT_SECONDS = 240;

/** What shares that node: it asks for little, and may take what is free. */
export const modest = { resources: { requests: { cpu: "10m" }, limits: { cpu: "1" } } };

/** For a service whose pods change places while nobody has to be spared; one that is ready is not left waiting. */
export const quick = {
  terminationGracePeriodSeconds: 2,
  probes: { readiness: { initialDelaySeconds: 0, periodSeconds: 1 } },
  ...modest,
};

/** Removes services that runs left which were killed: their processes, what they have on the cluster, their folders. */
export async function removeAbandonedServices(): Promise<void> {
  const running = new Set((await listProcesses()).map(({ pid }) => pid));
  for (const name of readdirSync(join(checkout, ".terrarium"))) {
    const owner = /^platform-(\d+)-[0-9a-f]{8}$/.exec(name)?.[1];
    if (owner === undefined || running.has(Number(owner))) continue;
    const folder = join(checkout, ".terrarium", name);
    await killEverything(folder);
    await removeFromCluster(name);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes the Environments of a service that has ended, which nobody else would, with their namespaces. */
async function removeFromCluster(name: string): Promise<void> {
  const { run } = objectsIn(name);
  const ofPlatform = `${PREVIEW_ENVIRONMENT.labels.platform}=${name}`;
  await run(["delete", "namespaces", "--selector", ofPlatform, "--wait=false"]);
  // On a new cluster there is not even their definition.
  const { stdout } = await kubectl(["get", KIND, "--namespace", name, "--output", "name"]);
  const unfinished = JSON.stringify({ metadata: { finalizers: null } });
  for (const environment of stdout.split("\n").filter((line) => line !== ""))
    await run(["patch", environment, "--type=merge", "--patch", unfinished]);
  await run(["delete", "namespace", name, "--ignore-not-found", "--wait=false"]);
}

/** A platform service of one file of tests: a process of this machine, with a namespace and a folder of its own. */
export class ServiceOnPods {
  /** Name of the namespace, and of the folder. The pid says whose it is. */
  readonly name = unique(`platform-${process.pid}`);
  /** For what the service keeps, and for files that its configuration names. */
  readonly folder = join(checkout, ".terrarium", this.name);
  /** What is in its namespace: the Environments. */
  readonly objects: Objects = objectsIn(this.name);
  #process: PlatformProcess | undefined;

  /** Path of its configuration. */
  get configFile(): string {
    return join(this.folder, `${this.name}.yaml`);
  }

  /** Address of its HTTP server. */
  get url(): string {
    return this.#process?.url ?? "";
  }

  get log(): string {
    return this.#process?.log ?? "";
  }

  /** Starts it, and waits until it leads. @param config without its namespace. */
  async start(config: object): Promise<void> {
    // The definition stays: other tests may use it at the same time.
    await this.objects.run(["apply", "--server-side", "--filename", join(checkout, "platform/crd/environments.yaml")]);
    // kubectl can't wait for a condition while an object has none at all.
    await eventually("the definition", () => this.objects.run(["wait", "--for=condition=Established", `crd/${KIND}`]));
    await this.objects.run(["create", "namespace", this.name]);
    this.#process = new PlatformProcess({
      checkout,
      kubeconfig: forwards.kubeconfig,
      name: this.name,
      home: this.name,
      config: { namespace: this.name, ...config },
      variables: { [MARK_VARIABLE]: this.folder },
    });
    await this.#process.says('"leading"');
  }

  /** Asks for an environment. */
  async create(name: string, spec: object): Promise<void> {
    const metadata = { name, namespace: this.name };
    const manifest = { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", metadata, spec };
    await this.objects.run(["apply", "--filename", "-"], JSON.stringify(manifest));
  }

  /** Changes what an environment asks for. @param spec a merge patch. */
  async change(name: string, spec: object): Promise<void> {
    await this.objects.run(["patch", KIND, name, "--type=merge", "--patch", JSON.stringify({ spec })]);
  }

  environment(name: string): Promise<PreviewEnvironment> {
    return this.objects.read<PreviewEnvironment>(KIND, name);
  }

  /** Waits until an environment is Ready as it is asked for now. */
  ready(name: string): Promise<PreviewEnvironment> {
    return this.#until(name, "condition=Ready");
  }

  asleep(name: string): Promise<PreviewEnvironment> {
    return this.#until(name, "jsonpath={.status.phase}=Asleep");
  }

  /** One kubectl that watches takes less of the machine than one for each look. */
  async #until(name: string, state: string): Promise<PreviewEnvironment> {
    const waiting = ["wait", `--for=${state}`, `${KIND}/${name}`, `--timeout=${WAIT_SECONDS}s`];
    await this.objects.run(waiting).catch(async (error: unknown) => {
      throw new Error(JSON.stringify((await this.environment(name)).status), { cause: error });
    });
    return this.environment(name);
  }

  /** Removes its environments, and ends it. */
  async stop(): Promise<void> {
    await kubectl(["delete", KIND, "--all", "--namespace", this.name, "--timeout=180s"]);
    await this.#process?.stop();
    await kubectl(["delete", "namespace", this.name, "--wait=false"]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
