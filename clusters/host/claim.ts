/** A machine has room for one host cluster: Calico's and kube-proxy's chains have fixed names. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { LocalPaths } from "../local-paths.ts";
import { ClusterError } from "../provider.ts";
import type { RunCommand } from "../run-command.ts";
import { type HostPaths, hostLayout } from "./layout.ts";
import { systemEnvironment } from "./system-environment.ts";
import { tearDown } from "./teardown.ts";
import { kubernetesChains } from "./traces.ts";

/** Whose the machine's only host cluster is. */
interface Claim extends HostPaths {
  readonly checkout: string;
}

const claimFile = "/run/terrarium-host-cluster.json";

/** The checkout that has this machine's host cluster, when it is another one; undefined otherwise. */
export function otherCheckout(paths: LocalPaths, file = claimFile): string | undefined {
  const claim = readClaim(file);
  return claim === undefined || claim.checkout === paths.checkout || isOrphaned(claim) ? undefined : claim.checkout;
}

/**
 * Takes the machine for this checkout, and removes what the cluster of a deleted checkout left.
 *
 * @throws ClusterError when another checkout or another Kubernetes has it.
 */
export async function claimMachine(paths: LocalPaths, run: RunCommand): Promise<void> {
  const other = otherCheckout(paths);
  if (other !== undefined) throw new ClusterError(`${otherCheckoutRefusal(other)}.`);
  const claim = readClaim(claimFile);
  if (claim !== undefined && isOrphaned(claim)) {
    await tearDown({ layout: hostLayout(claim), clusterName: claim.clusterName, machineIsTaken: false, run });
  }
  if (claim === undefined && !existsSync(paths.host)) {
    const saved = await run("iptables-nft-save", [], { env: systemEnvironment() });
    const [chain] = kubernetesChains(saved.stdout);
    if (chain !== undefined) {
      throw new ClusterError(
        `Another Kubernetes runs on this machine: there is a packet filter chain ${chain}. A host cluster would disturb it; take --cluster kind or --cluster simulated.`,
      );
    }
  }
  const { checkout, host, clusterName } = paths;
  writeFileSync(claimFile, `${JSON.stringify({ checkout, host, clusterName } satisfies Claim)}\n`);
}

/** Whether the checkout was deleted with its cluster running: then its supervisor has ended the programs. */
function isOrphaned(claim: Claim): boolean {
  return !existsSync(hostLayout(claim).plan);
}

/** Gives the machine back. */
export function releaseMachine(paths: LocalPaths, file = claimFile): void {
  if (readClaim(file)?.checkout === paths.checkout) rmSync(file, { force: true });
}

/** Why a second host cluster is refused, without a full stop. */
export function otherCheckoutRefusal(checkout: string): string {
  return `the checkout ${checkout} has this machine's host cluster, and there can be only one; run \`terrarium down\` there first`;
}

function readClaim(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Claim;
  } catch {
    return undefined;
  }
}
