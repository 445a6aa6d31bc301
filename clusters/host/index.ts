/** Real pods on this Linux machine, without a container engine. */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { whileLocked } from "../cluster-lock.ts";
import { findFreePorts } from "../free-ports.ts";
import { KubeApi } from "../kube-api.ts";
import { kubeconfigFor, writePrivateFile } from "../kubeconfig.ts";
import type { LocalPaths } from "../local-paths.ts";
import {
  type Availability,
  type ClusterAccess,
  ClusterError,
  type ClusterOrigin,
  type ClusterProvider,
  type ClusterStatus,
  type Say,
} from "../provider.ts";
import { readClusterRecord, removeClusterRecord } from "../record.ts";
import { type RunCommand, runCommand } from "../run-command.ts";
import type { Toolchain } from "../toolchain/index.ts";
import { waitUntil } from "../wait-until.ts";
import { createCertificates, endpointOf } from "./certificates.ts";
import { claimMachine, otherCheckout, releaseMachine } from "./claim.ts";
import { findFault } from "./health.ts";
import { serviceProcesses, stopServices, supervisorName } from "./host-processes.ts";
import { containerdOf, type HostLayout, hostLayout } from "./layout.ts";
import { machineAvailability } from "./machine.ts";
import { readRoutes } from "./network.ts";
import { ensurePackages } from "./packages.ts";
import {
  chooseNetworks,
  type HostPlan,
  machineNames,
  type PodNetwork,
  portCount,
  portsFrom,
  readPlan,
} from "./plan.ts";
import { enforcesPolicies } from "./pod-network.ts";
import { fillCluster, isComplete, startProcesses } from "./start.ts";
import { tearDown } from "./teardown.ts";

/** What a host cluster needs of its surroundings. */
export interface HostClusterArgs {
  readonly paths: LocalPaths;
  readonly say: Say;
  /** Provides the control plane, the node's programs and their definitions. */
  readonly toolchain: () => Promise<Toolchain>;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
  /** @default calico for a new cluster, else the one that the cluster has */
  readonly podNetwork?: PodNetwork;
}

/** Milliseconds for the supervisor to repair what it repairs by itself. */
const selfRepairMs = 20_000;
/** Milliseconds until a started cluster must work, on a busy machine. */
const startTimeoutMs = 180_000;

/**
 * A control plane and one node as processes of this machine: pods are real, network policies are enforced, and pods have
 * no way out of the machine.
 */
export class HostCluster implements ClusterProvider {
  readonly name = "host";
  readonly #args: HostClusterArgs;
  readonly #paths: LocalPaths;
  readonly #layout: HostLayout;
  readonly #run: RunCommand;

  constructor(args: HostClusterArgs) {
    this.#args = args;
    this.#paths = args.paths;
    this.#layout = hostLayout(args.paths);
    this.#run = args.run ?? runCommand;
  }

  available(): Promise<Availability> {
    return Promise.resolve(machineAvailability(this.#paths));
  }

  up(): Promise<ClusterAccess> {
    return whileLocked(this.#paths, this.#args.say, async () => {
      const found = await this.#inspect();
      this.#refuseAnotherNetwork();
      if (found.phase === "running") return this.#access("running");
      const available = await this.available();
      if (!available.ok) throw new ClusterError(`A host cluster cannot be made here: ${available.reason}.`);
      await ensurePackages(this.#args.say, this.#run);
      const toolchain = await this.#args.toolchain();
      await claimMachine(this.#paths, this.#run);
      if (found.phase === "absent" && existsSync(this.#layout.run)) {
        this.#args.say("Removing what a deleted host cluster of this checkout left.");
        await this.#remove();
        await claimMachine(this.#paths, this.#run);
      }
      if (found.phase === "broken") {
        this.#args.say(`Repairing the host cluster: ${found.reason}.`);
        const failure = await this.#repair(toolchain);
        if (failure === undefined) return this.#access("restarted");
        this.#args.say(`It cannot be started on its old data (${failure}); making a new one.`);
        await this.#remove();
        await claimMachine(this.#paths, this.#run);
      }
      await this.#create(toolchain);
      return this.#access("created");
    });
  }

  down(): Promise<void> {
    return whileLocked(this.#paths, this.#args.say, async () => {
      await this.#remove();
      await rm(this.#paths.kubeconfig, { force: true });
      if (readClusterRecord(this.#paths.checkout)?.provider === this.name) removeClusterRecord(this.#paths.checkout);
    });
  }

  async status(): Promise<ClusterStatus> {
    const found = await this.#inspect();
    return found.phase === "running" ? { phase: "running", access: await this.#access("running") } : found;
  }

  async #inspect(): Promise<{ phase: "absent" } | { phase: "running" } | { phase: "broken"; reason: string }> {
    if (!existsSync(this.#layout.data)) {
      if ((await serviceProcesses(this.#layout)).length === 0) return { phase: "absent" };
      return { phase: "broken", reason: "its folder is gone but its processes run" };
    }
    const plan = readPlan(this.#layout);
    if (plan === undefined || !isComplete(this.#layout)) {
      return { phase: "broken", reason: "an earlier start was interrupted" };
    }
    const fault = await this.#withApi(plan, (api) => findFault(this.#layout, plan, api));
    return fault === undefined ? { phase: "running" } : { phase: "broken", reason: fault };
  }

  /** Gets the cluster to work on the data it had. @returns what is still wrong; undefined when all is well. */
  async #repair(toolchain: Toolchain): Promise<string | undefined> {
    const plan = readPlan(this.#layout);
    if (plan === undefined || !isComplete(this.#layout)) return "it was never complete";
    const works = (timeoutMs: number): Promise<string | undefined> =>
      this.#withApi(plan, (api) => waitUntil(() => findFault(this.#layout, plan, api), { timeoutMs, everyMs: 200 }));
    const supervised = (await serviceProcesses(this.#layout)).some(({ service }) => service === supervisorName);
    if (supervised && (await works(selfRepairMs)) === undefined) return undefined;
    await stopServices(this.#layout);
    await startProcesses({ layout: this.#layout, plan, toolchain, run: this.#run });
    return works(startTimeoutMs);
  }

  async #create(toolchain: Toolchain): Promise<void> {
    const { say, paths } = this.#args;
    const layout = this.#layout;
    const [routes, ports] = await Promise.all([
      readRoutes(this.#run),
      findFreePorts(paths.clusterName, portCount).then(portsFrom),
    ]);
    const plan: HostPlan = {
      ...{ networks: chooseNetworks(routes), ports, ...machineNames(paths.clusterName) },
      podNetwork: this.#args.podNetwork ?? "calico",
    };
    await mkdir(layout.data, { recursive: true, mode: 0o700 });
    await writeFile(layout.plan, JSON.stringify(plan, null, 2));
    try {
      say("Starting the host cluster's control plane.");
      await createCertificates(layout, plan);
      const args = { layout, plan, toolchain, run: this.#run };
      await startProcesses(args);
      const missing = await this.#withApi(plan, async (api) => {
        await fillCluster(args, containerdOf(paths), api, say);
        say("Waiting for network policies, DNS and storage.");
        return waitUntil(() => findFault(layout, plan, api), { timeoutMs: startTimeoutMs });
      });
      if (missing !== undefined) throw new Error(missing);
      await writeFile(layout.complete, "");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ClusterError(
        `The host cluster did not start: ${reason}. Its logs are in ${layout.logs}; run the command again to start afresh.`,
      );
    }
  }

  #refuseAnotherNetwork(): void {
    const { podNetwork: wanted } = this.#args;
    const plan = readPlan(this.#layout);
    const has = plan && (enforcesPolicies(plan) ? "calico" : "bridge");
    if (wanted === undefined || has === undefined || has === wanted) return;
    throw new ClusterError(
      `This checkout's host cluster has the pod network ${has}. Run \`terrarium down\` before asking for ${wanted}.`,
    );
  }

  async #remove(): Promise<void> {
    const layout = this.#layout;
    // A second call must not touch another checkout's cluster: without own traces there is nothing to remove.
    if (existsSync(layout.data) || existsSync(layout.run) || (await serviceProcesses(layout)).length > 0) {
      const { clusterName } = this.#paths;
      const machineIsTaken = otherCheckout(this.#paths) !== undefined;
      const left = await tearDown({ layout, clusterName, machineIsTaken, run: this.#run });
      if (left.length > 0) {
        throw new ClusterError(`The host cluster is removed except for: ${left.join(", ")}. Remove these by hand.`);
      }
    }
    releaseMachine(this.#paths);
  }

  async #withApi<T>(plan: HostPlan, task: (api: KubeApi) => Promise<T>): Promise<T> {
    const api = new KubeApi(await endpointOf(this.#layout, plan, "admin"));
    try {
      return await task(api);
    } finally {
      api.close();
    }
  }

  async #access(origin: ClusterOrigin): Promise<ClusterAccess> {
    const context = this.#paths.clusterName;
    const plan = readPlan(this.#layout);
    if (plan !== undefined && (origin === "created" || !existsSync(this.#paths.kubeconfig))) {
      const endpoint = await endpointOf(this.#layout, plan, "admin");
      writePrivateFile(this.#paths.kubeconfig, kubeconfigFor(context, endpoint));
    }
    return { provider: this.name, kubeconfig: this.#paths.kubeconfig, context, simulatedPods: false, origin };
  }
}
