/** Starts a host cluster's processes and fills a new cluster. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KubeApi } from "../kube-api.ts";
import { ClusterError, type Say } from "../provider.ts";
import type { RunCommand } from "../run-command.ts";
import type { Toolchain } from "../toolchain/index.ts";
import { waitUntil } from "../wait-until.ts";
import { annotateNode, installCalico } from "./calico.ts";
import { apiGate, controlPlane } from "./control-plane.ts";
import { installDefinitions } from "./definitions.ts";
import { dnsObjects } from "./dns.ts";
import { unreadyNode, unreadyServices } from "./health.ts";
import { prepareMachine } from "./machine-state.ts";
import type { Containerd, HostLayout } from "./layout.ts";
import { ensureNetwork } from "./network.ts";
import { calicoGate, nodeFiles, nodeServices } from "./node-services.ts";
import { type HostPlan, nodeName } from "./plan.ts";
import { debianPlugins } from "./pod-network.ts";
import type { SupervisorPlan } from "./service.ts";
import { storageObjects } from "./storage.ts";
import { importSystemImages } from "./system-images.ts";
import { systemEnvironment } from "./system-environment.ts";
import { applyAll } from "./system-pods.ts";

/** What starting works with. */
export interface StartArgs {
  readonly layout: HostLayout;
  readonly plan: HostPlan;
  readonly toolchain: Toolchain;
  readonly run: RunCommand;
}

/** Milliseconds that one step of the start may take on a busy machine. */
const stepTimeoutMs = 120_000;

/** Starts the supervisor, which starts the rest. None of the cluster's processes may run. */
export async function startProcesses({ layout, plan, toolchain, run }: StartArgs): Promise<void> {
  for (const folder of [layout.run, layout.logs, layout.gates, layout.volumes]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await prepareMachine(layout.machineState, run);
  await ensureNetwork(plan, run);
  await linkPrograms(layout, toolchain);
  // Felix reads its node's name from here.
  await writeFiles({ ...nodeFiles(layout, plan), "/var/lib/calico/nodename": nodeName });
  const args = { layout, plan, tool: (name: string) => toolchain.path(name) };
  const services = [...controlPlane(args), ...nodeServices(args)];
  const supervised: SupervisorPlan = { services, pids: layout.pids, logs: layout.logs };
  await rm(layout.pids, { recursive: true, force: true });
  await writeFiles({ [layout.services]: JSON.stringify(supervised, null, 2) });
  const program = fileURLToPath(new URL("./supervisor.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, layout.services], {
    cwd: "/",
    env: systemEnvironment(),
    detached: true,
    stdio: "ignore",
  });
  child.unref();
}

/**
 * Fills a new cluster and waits until its node takes pods.
 *
 * @throws ClusterError naming the step that did not come to an end.
 */
export async function fillCluster(args: StartArgs, containerd: Containerd, api: KubeApi, say: Say): Promise<void> {
  const { layout, plan, toolchain } = args;
  const [calico, gatewayApi] = [await toolchain.asset("calico"), await toolchain.asset("gateway-api")];
  const image = importImages(args, containerd);
  // Its failure is reported where it is awaited, and must not end the process before.
  image.catch(() => undefined);
  await reach("the API server", async () => ((await api.ready()) ? undefined : "it does not answer"));
  await open(layout, apiGate);
  const undefinedKind = await installDefinitions(api, [calico, gatewayApi], stepTimeoutMs);
  if (undefinedKind !== undefined) throw new ClusterError(`the definition ${undefinedKind} is not established`);
  await installCalico(api, calico, plan);
  await open(layout, calicoGate);
  say("The control plane runs; starting the node.");
  await image;
  // The first pods read from the API server through its Service.
  await reach("the node's Services", () => unreadyServices(plan));
  await applyAll(api, [...dnsObjects(plan), ...storageObjects(layout)]);
  await reach("the node", () => unreadyNode(api));
  await annotateNode(api, plan);
  await reach("the default service account", async () =>
    (await api.read("/api/v1/namespaces/default/serviceaccounts/default")) === undefined
      ? "it is not there"
      : undefined,
  );
}

async function importImages({ layout, toolchain, run }: StartArgs, containerd: Containerd): Promise<void> {
  const version = ["--address", containerd.address, "version"];
  await reach("the container runtime", async () =>
    (await run(containerd.ctr, version, { env: systemEnvironment() })).code === 0 ? undefined : "it does not answer",
  );
  await importSystemImages(layout, containerd, (name) => toolchain.path(name), run);
}

async function reach(what: string, condition: () => Promise<string | undefined>): Promise<void> {
  const missing = await waitUntil(condition, { timeoutMs: stepTimeoutMs });
  if (missing !== undefined) throw new ClusterError(`${what} did not start: ${missing}`);
}

async function open(layout: HostLayout, gate: string): Promise<void> {
  await writeFile(join(layout.gates, gate), "");
}

/** The variants of iptables that write into the kernel's nftables, whatever the machine's own default is. */
const iptables = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);

async function linkPrograms(layout: HostLayout, toolchain: Toolchain): Promise<void> {
  const cni = join(layout.cni, "bin");
  const links = {
    ...Object.fromEntries(iptables.map((name) => [join(layout.bin, name), "/usr/sbin/xtables-nft-multi"])),
    ...Object.fromEntries(debianPlugins.map((name) => [join(cni, name), join("/usr/lib/cni", name)])),
    // It does what its name says, so the name must stay.
    [join(cni, "calico")]: toolchain.path("calico"),
  };
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await symlink(target, path);
  }
}

async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

/** Whether a cluster was completely set up once. */
export function isComplete(layout: HostLayout): boolean {
  return existsSync(layout.complete);
}
