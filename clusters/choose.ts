import { ClusterError, type ClusterProvider, type ProviderName, type Say } from "./provider.ts";

/** Values of `--cluster`. */
export const requestableClusters = ["kind", "host", "simulated"] as const;

/** A value of `--cluster`. */
export type RequestedCluster = (typeof requestableClusters)[number];

/** What the choice is made from. */
export interface ClusterWishes {
  /** From `--cluster`; goes before everything else. */
  readonly requested?: RequestedCluster;
  /** The stack's configuration names this kubeconfig context. */
  readonly namedContext?: string;
  /** The local cluster that this checkout has from an earlier run. */
  readonly recorded?: ProviderName;
}

/** The kinds of cluster that this version has. */
export type ClusterProviders = Partial<Record<ProviderName, ClusterProvider>>;

/**
 * Chooses the cluster and says which one and why, in one line. The order: `--cluster`; the context that the stack's
 * configuration names; the cluster that this checkout already has; kind, where Podman or Docker runs; simulated. The
 * current context of a kubeconfig is never a reason.
 *
 * @throws ClusterError when the wished cluster cannot be had on this machine.
 */
export async function chooseCluster(
  wishes: ClusterWishes,
  providers: ClusterProviders,
  say: Say,
): Promise<ClusterProvider> {
  const { name, reason } = await decide(wishes, providers);
  const provider = providers[name];
  if (provider === undefined) {
    throw new ClusterError(
      `The cluster "${name}" is not available in this version. Choose one of: ${offered(providers)}.`,
    );
  }
  const available = await provider.available();
  if (!available.ok) {
    throw new ClusterError(`The cluster "${name}" (${reason}) cannot be used here: ${available.reason}.`);
  }
  say(`Cluster: ${name} (${reason}).${name === "simulated" ? " Its API is real; its pods are simulated." : ""}`);
  return provider;
}

async function decide(
  { requested, namedContext, recorded }: ClusterWishes,
  providers: ClusterProviders,
): Promise<{ name: ProviderName; reason: string }> {
  if (requested !== undefined) {
    if (recorded !== undefined && recorded !== "context" && recorded !== requested) {
      throw new ClusterError(
        `This checkout has a ${recorded} cluster. Run \`terrarium down\` before \`--cluster ${requested}\`.`,
      );
    }
    return { name: requested, reason: `asked for by --cluster ${requested}` };
  }
  if (namedContext !== undefined) {
    return { name: "context", reason: `the stack's configuration names the context "${namedContext}"` };
  }
  if (recorded !== undefined && recorded !== "context") {
    return { name: recorded, reason: "this checkout already has it" };
  }
  const kind = (await providers.kind?.available()) ?? { ok: false, reason: "kind is not available in this version" };
  if (kind.ok) return { name: "kind", reason: "Podman or Docker runs on this machine" };
  return { name: "simulated", reason: `no container runtime: ${kind.reason}` };
}

function offered(providers: ClusterProviders): string {
  return requestableClusters.filter((name) => providers[name] !== undefined).join(", ");
}
