/** Whether pods can run on this machine. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { LocalPaths } from "../local-paths.ts";
import type { Availability } from "../provider.ts";
import { otherCheckout, otherCheckoutRefusal } from "./claim.ts";
import { installRefusal, missingPackages } from "./packages.ts";

/** What {@link machineRefusal} decides from. */
export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  readonly userId: number | undefined;
  /** The kernel has overlay file systems, or modules of which one may offer them. */
  readonly overlays: boolean;
  readonly cgroups: boolean;
  readonly networkNamespaces: boolean;
  /** This root may make mounts and network namespaces; in a container it often may not. */
  readonly privileged: boolean;
  /** Linux' number of the file system that the checkout is on. */
  readonly checkoutFilesystem: number;
  readonly missingPackages: readonly string[];
  readonly canInstall: boolean;
  /** The checkout that has this machine's host cluster, when it is another one. */
  readonly otherCheckout?: string;
}

const overlayFilesystem = 0x794c7630;

/** Looks at the machine. Changes nothing. */
export function machineAvailability(paths: LocalPaths): Availability {
  const refusal = machineRefusal(readFacts(paths));
  return refusal === undefined ? { ok: true } : { ok: false, reason: refusal };
}

/** Why real pods cannot run on a machine, without a full stop; undefined when they can. */
export function machineRefusal(facts: MachineFacts): string | undefined {
  if (facts.platform !== "linux") return "it runs on Linux only";
  if (facts.userId !== 0)
    return "it runs containers without a container engine, which needs root; run the command as root";
  const missing = [
    ...(facts.overlays ? [] : ["overlay file systems"]),
    ...(facts.cgroups ? [] : ["control groups at /sys/fs/cgroup"]),
    ...(facts.networkNamespaces ? [] : ["network namespaces"]),
  ];
  if (missing.length > 0) return `the kernel does not offer ${missing.join(" and ")}`;
  if (!facts.privileged) {
    return "root may not make mounts and network namespaces here, as in a container without privileges; run the command on the machine itself";
  }
  if (facts.checkoutFilesystem === overlayFilesystem) {
    return "the checkout is on an overlay file system, which cannot hold the layers of containers; clone it to a disk or a volume";
  }
  if (facts.otherCheckout !== undefined) return otherCheckoutRefusal(facts.otherCheckout);
  return facts.canInstall ? undefined : installRefusal(facts.missingPackages, () => false);
}

function readFacts(paths: LocalPaths): MachineFacts {
  const missing = process.platform === "linux" ? missingPackages() : [];
  const other = otherCheckout(paths);
  return {
    platform: process.platform,
    userId: process.getuid?.(),
    overlays: hasFilesystem("overlay") || existsSync(join("/lib/modules", release())),
    cgroups: existsSync("/sys/fs/cgroup/cgroup.controllers") || existsSync("/sys/fs/cgroup/memory"),
    networkNamespaces: existsSync("/proc/self/ns/net"),
    privileged: mayUnshare(),
    checkoutFilesystem: statfsSync(paths.checkout).type,
    missingPackages: missing,
    canInstall: installRefusal(missing) === undefined,
    ...(other === undefined ? {} : { otherCheckout: other }),
  };
}

/** Tries, in a process that ends at once. */
function mayUnshare(): boolean {
  return spawnSync("unshare", ["--mount", "--net", "true"], { stdio: "ignore" }).status === 0;
}

function hasFilesystem(name: string): boolean {
  return existsSync("/proc/filesystems") && readFileSync("/proc/filesystems", "utf8").split(/\s/).includes(name);
}
