/** Removes what a host cluster left on the machine, and names what it could not remove. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunCommand } from "../run-command.ts";
import { containerProcesses, serviceProcesses, stopPods, stopServices } from "./host-processes.ts";
import type { HostLayout } from "./layout.ts";
import { restoreMachine } from "./machine-state.ts";
import { removeIfEmpty, removeStaleFiles } from "./stale-files.ts";
import { machineNames, readPlan } from "./plan.ts";
import { systemEnvironment } from "./system-environment.ts";
import { calicoSets, kubernetesChains, mountsBelow, withoutKubernetesRules } from "./traces.ts";

/** Folders that Calico's and the kubelet's programs make at fixed places. */
const fixedFolders = ["/var/lib/calico", "/run/calico", "/var/log/calico"];

/** Which cluster to remove. */
export interface TearDownArgs {
  readonly layout: HostLayout;
  readonly clusterName: string;
  /** Another checkout has the machine's host cluster now: what has the same name in every host cluster is that one's. */
  readonly machineIsTaken: boolean;
  readonly run: RunCommand;
}

/** Removes processes, mounts, network, cgroups and folders of the cluster. @returns what is left, in words. */
export async function tearDown(args: TearDownArgs): Promise<string[]> {
  const { layout, run, machineIsTaken } = args;
  await stopServices(layout);
  await stopPods(layout);
  await unmountAll(layout, run);
  await removeOwnNetwork(args);
  const changed: string[] = [];
  if (!machineIsTaken) {
    await removePodNetwork(layout, run);
    removeCgroups();
    changed.push(...(await restoreMachine(layout.machineState, run)));
    removeStaleFiles();
  }
  const folders = [layout.data, layout.run, ...(machineIsTaken ? [] : fixedFolders)];
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  const left = [...(await findOwnTraces(args, folders)), ...(machineIsTaken ? [] : await findSharedTraces(run))];
  return [...changed, ...left];
}

/** What of the cluster is on the machine under names of its own, in words. */
async function findOwnTraces(
  { layout, clusterName, run }: TearDownArgs,
  folders: readonly string[],
): Promise<string[]> {
  const { bridge, podBridge, table } = machineNames(clusterName);
  const processes = (await serviceProcesses(layout)).map(({ pid, service }) => `process ${pid} (${service})`);
  const containers = containerProcesses(layout).map((pid) => `process ${pid} (in a container)`);
  const mounts = ownMounts(layout).map((point) => `mount ${point}`);
  const links = [bridge, podBridge]
    .filter((link) => existsSync(`/sys/class/net/${link}`))
    .map((link) => `network interface ${link}`);
  const tables = await run("nft", ["list", "tables"], { env: systemEnvironment() });
  const filter = tables.stdout.includes(`inet ${table}\n`) ? [`nft table ${table}`] : [];
  const left = folders.filter(existsSync).map((folder) => `folder ${folder}`);
  return [...processes, ...containers, ...mounts, ...links, ...filter, ...left];
}

/** What of a host cluster is on the machine under the names that every host cluster has, in words. */
async function findSharedTraces(run: RunCommand): Promise<string[]> {
  const env = systemEnvironment();
  const links = (await calicoLinks(run)).map((name) => `network interface ${name}`);
  const chains: string[] = [];
  for (const family of ["iptables", "ip6tables"]) {
    const saved = await run(`${family}-nft-save`, [], { env });
    chains.push(...kubernetesChains(saved.stdout).map((name) => `${family} chain ${name}`));
  }
  const sets = calicoSets((await run("ipset", ["list", "-name"], { env })).stdout).map((name) => `ipset ${name}`);
  return [...links, ...chains, ...sets, ...podCgroups().map((folder) => `cgroup ${folder}`)];
}

async function unmountAll(layout: HostLayout, run: RunCommand): Promise<void> {
  // Several mounts may lie on one point, so it is looked up again; lazily, because a process may just be ending.
  for (let round = 0; round < 5; round++) {
    const points = ownMounts(layout);
    if (points.length === 0) return;
    for (const point of points) await run("umount", ["--lazy", point], { env: systemEnvironment() });
  }
}

function ownMounts(layout: HostLayout): string[] {
  return mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), [layout.data, layout.run]);
}

async function removeOwnNetwork({ clusterName, run }: TearDownArgs): Promise<void> {
  const env = systemEnvironment();
  const { bridge, podBridge, table } = machineNames(clusterName);
  for (const link of [bridge, podBridge]) await run("ip", ["link", "delete", link], { env });
  await run("nft", ["delete", "table", "inet", table], { env });
}

async function removePodNetwork(layout: HostLayout, run: RunCommand): Promise<void> {
  const env = systemEnvironment();
  for (const link of await calicoLinks(run)) await run("ip", ["link", "delete", link], { env });
  for (const family of ["iptables", "ip6tables"]) {
    const kept = withoutKubernetesRules((await run(`${family}-nft-save`, [], { env })).stdout);
    if (kept !== undefined) await run(`${family}-nft-restore`, [], { env, input: kept });
  }
  for (const set of calicoSets((await run("ipset", ["list", "-name"], { env })).stdout)) {
    await run("ipset", ["destroy", set], { env });
  }
  const networks = readPlan(layout)?.networks;
  for (const range of networks === undefined ? [] : [networks.pods, networks.services]) {
    for (const side of ["--orig-src", "--orig-dst"]) await run("conntrack", ["--delete", side, range], { env });
  }
}

async function calicoLinks(run: RunCommand): Promise<string[]> {
  const result = await run("ip", ["-json", "link", "show"], { env: systemEnvironment() });
  const links = JSON.parse(result.stdout || "[]") as { ifname?: string }[];
  return links.flatMap(({ ifname }) => (ifname?.startsWith("cali") === true ? [ifname] : []));
}

/** Cgroups of pods without a process, in every hierarchy. Another runtime's have other names, or processes. */
function podCgroups(): string[] {
  return runtimeCgroups()
    .flatMap((group) => folders(group))
    .filter((folder) => /\/[0-9a-f]{64}$/.test(folder) && !hasProcesses(folder));
}

/** The cgroup of the container runtime's namespace in every hierarchy. */
function runtimeCgroups(): string[] {
  const root = "/sys/fs/cgroup";
  return [root, ...folders(root)].map((folder) => join(folder, "k8s.io")).filter((folder) => existsSync(folder));
}

function hasProcesses(group: string): boolean {
  try {
    return readFileSync(join(group, "cgroup.procs"), "utf8").trim() !== "";
  } catch {
    return false;
  }
}

function removeCgroups(): void {
  for (const group of [...podCgroups(), ...runtimeCgroups()]) removeIfEmpty(group);
}

function folders(parent: string): string[] {
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(parent, entry.name));
}
