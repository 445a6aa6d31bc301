/** What the machine was like before the cluster, as far as the cluster's programs change it without cleaning up. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunCommand } from "../run-command.ts";
import { namesIn, removeIfEmpty } from "./stale-files.ts";
import { systemEnvironment } from "./system-environment.ts";

/** Below /proc/sys. The kubelet, kube-proxy and Felix set these without asking. */
const changedSettings = [
  "net/ipv4/ip_forward",
  "net/ipv4/conf/all/route_localnet",
  "net/ipv4/conf/all/rp_filter",
  "net/bridge/bridge-nf-call-iptables",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
] as const;

/** Felix mounts this to look for programs of its own, also where it is not to use any. */
const bpfFolder = "/sys/fs/bpf";

/** Tables that iptables creates when somebody looks at them. */
const iptablesTables = ["ip", "ip6"].flatMap((family) =>
  ["filter", "nat", "mangle", "raw", "security"].map((name) => `${family} ${name}`),
);

/** Where the kubelet puts the logs of pods by default, and so where collectors of logs look. */
const podLogs = "/var/log/pods";

interface MachineState {
  readonly settings: Readonly<Record<string, string>>;
  /** Family and name of packet filter tables. */
  readonly tables: readonly string[];
  readonly bpfMounted: boolean;
  /** Names in the folder of pods' logs: another runtime's. */
  readonly podLogs: readonly string[];
}

/** Notes how the machine is, unless an earlier start has, and turns on what routing to pods needs. */
export async function prepareMachine(file: string, run: RunCommand): Promise<void> {
  if (!existsSync(file)) {
    const settings = changedSettings.flatMap((name) => {
      const value = readSetting(name);
      return value === undefined ? [] : [[name, value]];
    });
    const state: MachineState = {
      settings: Object.fromEntries(settings) as Record<string, string>,
      tables: await listTables(run),
      bpfMounted: isMounted(bpfFolder),
      podLogs: namesIn(podLogs),
    };
    writeFileSync(file, JSON.stringify(state, null, 2));
  }
  writeFileSync(join("/proc/sys", "net/ipv4/ip_forward"), "1");
}

/** Puts back what {@link prepareMachine} noted. @returns what could not be put back, in words. */
export async function restoreMachine(file: string, run: RunCommand): Promise<string[]> {
  const noted = readState(file);
  if (noted === undefined) return [];
  const env = systemEnvironment();
  for (const table of (await listTables(run)).filter((name) => iptablesTables.includes(name))) {
    if (noted.tables.includes(table) || !(await isEmptyTable(table, run))) continue;
    await run("nft", ["delete", "table", ...table.split(" ")], { env });
  }
  rmSync(file);
  for (const name of namesIn(podLogs)) {
    if (!noted.podLogs.includes(name)) rmSync(join(podLogs, name), { recursive: true, force: true });
  }
  removeIfEmpty(podLogs);
  if (!noted.bpfMounted && isMounted(bpfFolder)) await run("umount", [bpfFolder], { env });
  return changedSettings.filter((name) => !writeSetting(name, noted.settings[name])).map((name) => `setting ${name}`);
}

async function listTables(run: RunCommand): Promise<string[]> {
  const { stdout } = await run("nft", ["list", "tables"], { env: systemEnvironment() });
  return [...stdout.matchAll(/^table (\S+ \S+)$/gm)].map(([, name]) => name ?? "");
}

/** Whether a table has nothing but the chains that iptables makes by itself. */
async function isEmptyTable(table: string, run: RunCommand): Promise<boolean> {
  const { stdout } = await run("nft", ["--json", "list", "table", ...table.split(" ")], { env: systemEnvironment() });
  const { nftables } = JSON.parse(stdout || '{"nftables":[]}') as {
    nftables: { rule?: object; chain?: { hook?: string; policy?: string } }[];
  };
  return nftables.every(
    ({ rule, chain }) =>
      rule === undefined && (chain === undefined || (chain.hook !== undefined && chain.policy === "accept")),
  );
}

function isMounted(folder: string): boolean {
  return readFileSync("/proc/self/mountinfo", "utf8").includes(` ${folder} `);
}

function readState(file: string): MachineState | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as MachineState;
  } catch {
    return undefined;
  }
}

function readSetting(name: string): string | undefined {
  try {
    return readFileSync(join("/proc/sys", name), "utf8").trim();
  } catch {
    return undefined;
  }
}

/** @returns whether the setting has the value now. */
function writeSetting(name: string, value: string | undefined): boolean {
  if (value === undefined || readSetting(name) === value) return true;
  try {
    writeFileSync(join("/proc/sys", name), value);
    return true;
  } catch {
    return false;
  }
}
