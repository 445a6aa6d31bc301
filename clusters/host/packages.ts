/** Programs of the operating system that a host cluster needs. */
import { existsSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { ClusterError, type Say } from "../provider.ts";
import { lastLines, type RunCommand } from "../run-command.ts";
import { debianPlugins } from "./pod-network.ts";
import { systemEnvironment } from "./system-environment.ts";

/** Debian's package of each program, by the program's path. */
const packageOf: Readonly<Record<string, string>> = {
  "/usr/bin/containerd": "containerd",
  "/usr/bin/ctr": "containerd",
  "/usr/sbin/runc": "runc",
  "/usr/sbin/xtables-nft-multi": "iptables",
  "/usr/sbin/nft": "nftables",
  "/usr/sbin/ipset": "ipset",
  "/usr/sbin/conntrack": "conntrack",
  "/usr/sbin/ip": "iproute2",
  "/usr/bin/openssl": "openssl",
  ...Object.fromEntries(debianPlugins.map((name) => [`/usr/lib/cni/${name}`, "containernetworking-plugins"])),
};

/** Where else distributions put these programs. */
const otherPlaces: Readonly<Record<string, readonly string[]>> = {
  "/usr/sbin/runc": ["/usr/bin/runc"],
  "/usr/sbin/ip": ["/sbin/ip", "/bin/ip", "/usr/bin/ip"],
};

/** The Debian packages whose programs are missing, each once. */
export function missingPackages(exists: (path: string) => boolean = existsSync): string[] {
  const missing = Object.entries(packageOf).filter(
    ([path]) => ![path, ...(otherPlaces[path] ?? [])].some((place) => exists(place)),
  );
  return [...new Set(missing.map(([, name]) => name))].sort();
}

/** Why packages cannot be installed here; undefined when they can. */
export function installRefusal(
  missing: readonly string[],
  exists: (path: string) => boolean = existsSync,
): string | undefined {
  if (missing.length === 0 || exists("/usr/bin/apt-get")) return undefined;
  return `it needs programs of these Debian packages, and there is no apt-get to install them: ${missing.join(", ")}`;
}

/**
 * Installs what is missing with apt-get. No service is started by that.
 *
 * @throws ClusterError with the command to run by hand.
 */
export async function ensurePackages(say: Say, run: RunCommand): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const refusal = installRefusal(missing);
  if (refusal !== undefined) throw new ClusterError(`A host cluster cannot be made here: ${refusal}.`);
  say(`Installing Debian packages: ${missing.join(", ")}.`);
  await withoutServiceStarts(async (env) => {
    const install = ["install", "--yes", "--no-install-recommends", ...missing];
    let result = await run("apt-get", install, { env });
    if (result.code !== 0) {
      // The lists of a fresh machine or container are empty or old.
      await run("apt-get", ["update"], { env });
      result = await run("apt-get", install, { env });
    }
    if (result.code !== 0) {
      throw new ClusterError(
        `The packages could not be installed: ${lastLines(result, 2)}. Try by hand: apt-get update && apt-get ${install.join(" ")}`,
      );
    }
  });
  const left = missingPackages();
  if (left.length > 0) {
    throw new ClusterError(
      `These packages are installed, but without the programs that are needed: ${left.join(", ")}.`,
    );
  }
}

/** Debian's packages start their services through a script that asks this policy first; 101 means "no". */
async function withoutServiceStarts(task: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) {
    await writeFile(policy, "#!/bin/sh\nexit 101\n");
    await chmod(policy, 0o755);
  }
  try {
    await task(systemEnvironment());
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}
