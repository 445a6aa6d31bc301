import { abortable } from "./abortable.ts";
import type { ResolvedEnvironment } from "../spec/index.ts";
import { withCanaries } from "./canaries.ts";
import { type Clock, realClock } from "./clock.ts";
import type { CanaryCluster } from "./cluster.ts";
import { type Enforcement, proveEnforcement } from "./enforcement.ts";
import { groupBy } from "./group-by.ts";
import { removeLeftovers } from "./leftovers.ts";
import {
  type Check,
  type Matrix,
  type MatrixSurroundings,
  type Place,
  type Target,
  toMatrix,
  type Unchecked,
  withAddresses,
} from "./matrix.ts";
import type { Side } from "./matrix-reasons.ts";
import { FOREIGN } from "./matrix-roles.ts";
import { findNeighbours } from "./neighbours.ts";
import { type Probe, PROBE_TIMEOUT_SECONDS, type ProbeResult } from "./probe.ts";
import { type Stand, standOf, startStands, tryFromStands } from "./standing.ts";

/** A check and what came of it. */
export type CheckResult = Check & ProbeResult;

/** What was found out about an environment's network. */
export interface NetworkReport {
  readonly environment: string;
  /** Whether the network plugin enforces policies at all; where it does not, nothing else was tried. */
  readonly enforced: boolean;
  readonly checks: readonly CheckResult[];
  readonly unchecked: readonly Unchecked[];
}

/** What a run works with. */
export interface NetcheckArgs {
  readonly environment: ResolvedEnvironment;
  readonly cluster: CanaryCluster;
  /** What the cluster says about itself. */
  readonly facts: Pick<MatrixSurroundings, "apiServer" | "serviceMonitors">;
  /** What stands for the world outside. */
  readonly outside: Place;
  /** This run, see `owner.ts`. */
  readonly owner: string;
  /** Ends the run; everything that it made is removed first. */
  readonly signal: AbortSignal;
  /** @default real time */
  readonly clock?: Clock;
  /** Seconds after which a connection that did not come about counts as closed. @default 5 */
  readonly probeTimeoutSeconds?: number;
  /** Takes a line of progress. */
  readonly say: (line: string) => void;
}

/** A network with canaries in every place, to be tried any number of times. */
export interface Tryout {
  readonly matrix: Matrix;
  /** Whether policies have an effect; known after some seconds. */
  readonly enforcement: Promise<Enforcement>;
  /** Tries connections once, from all canaries at the same time. @returns the results in the order of the checks. */
  readonly tryOnce: (checks: readonly Check[]) => Promise<CheckResult[]>;
}

/** Milliseconds before what is not as expected is tried once more: rules follow a new pod after a moment. */
const PAUSE_MS = 1000;

/** Whether a connection is as the environment declares. */
export function isAsDeclared({ expected, got }: CheckResult): boolean {
  return got === expected;
}

/**
 * Tries every connection that an environment's policies are about, from inside the cluster, by canary pods that stand
 * in its parts' places. Leaves nothing behind.
 *
 * @throws NetcheckError when the cluster refuses canaries or they do not work; the signal's reason when interrupted.
 */
export function checkNetwork(args: NetcheckArgs): Promise<NetworkReport> {
  const { say, signal, clock = realClock } = args;
  return withTryout(args, async ({ matrix, enforcement: proof, tryOnce }) => {
    const { checks, unchecked } = matrix;
    // The proof takes as long as a closed connection does, and so do the connections.
    const [enforcement, first] = await Promise.all([proof, tryOnce(checks)]);
    const report = { environment: args.environment.name, unchecked };
    if (!enforcement.enforced) return { ...report, enforced: false, checks: [] };
    const results = first.map((result) => asDenied(result, enforcement));
    const differing = results.filter((result) => !isAsDeclared(result));
    if (differing.length === 0) return { ...report, enforced: true, checks: results };
    say(`${differing.length} not as declared; trying them again.`);
    await abortable(signal, () => clock.sleep(PAUSE_MS));
    const again = (await tryOnce(differing)).map((result) => asDenied(result, enforcement));
    return { ...report, enforced: true, checks: results.map((result) => again[differing.indexOf(result)] ?? result) };
  });
}

/**
 * Puts canaries in the places of an environment's parts, gives them to a function, and removes them after it.
 *
 * @throws as {@link checkNetwork}, and what the function throws.
 */
export async function withTryout<T>(args: NetcheckArgs, use: (tryout: Tryout) => Promise<T>): Promise<T> {
  const { environment, cluster, facts, outside, owner, signal, say, clock = realClock } = args;
  const { probeTimeoutSeconds = PROBE_TIMEOUT_SECONDS } = args;
  const removed = await removeLeftovers(cluster);
  if (removed > 0) say(`Removed ${removed} leftovers of earlier runs.`);
  const [existing, neighbours] = await Promise.all([
    cluster.namespaces(),
    findNeighbours(cluster, environment.network.dnsNamespace, facts.apiServer),
  ]);
  return withCanaries({ cluster, owner, signal, clock, probeTimeoutSeconds }, async (canaries) => {
    const foreign = await canaries.createTestNamespace();
    const planned = toMatrix(environment, { ...facts, outside, neighbours, namespaces: { foreign, existing } });
    const starting = startStands(canaries, planned);
    const prober = standOf(starting, FOREIGN, "egress").canary;
    const enforcement = proveEnforcement({ canaries, cluster, signal, clock, namespace: foreign, prober });
    // Where it fails while canaries still start, those are waited for first.
    enforcement.catch(() => undefined);
    say(`Starting ${starting.length + 1} canaries for ${planned.checks.length} checks.`);
    const stands = await Promise.all(
      starting.map(async (stand): Promise<Stand> => ({ ...stand, canary: await stand.canary })),
    );
    const checks = withAddresses(planned, environment, (role) => standOf(stands, role, "egress").canary.ip);
    say("Trying every connection.");
    const timing = { clock, signal };
    return use({ matrix: { ...planned, checks }, enforcement, tryOnce: (some) => tryOnce(some, stands, timing) });
  });
}

async function tryOnce(
  checks: readonly Check[],
  stands: readonly Stand[],
  timing: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CheckResult[]> {
  const byStand = groupBy(checks, ({ from, side }) => standOf(stands, from, judgedIn(side)));
  const probes = new Map([...byStand].map(([stand, own]) => [stand, own.map((check) => toProbe(check, stands))]));
  const found = await tryFromStands(stands, probes, timing);
  const outcome = new Map(
    [...byStand].flatMap(([stand, own]) => own.map((check, index) => [check, found.get(stand)?.[index]] as const)),
  );
  return checks.map((check) => {
    const { from, to, target, port, protocol, side, expected, why } = check;
    return { from, to, target, port, protocol, side, expected, why, ...(outcome.get(check) ?? { got: "error" }) };
  });
}

/** What is not tried between two canaries is tried by the one whose own egress decides. */
function judgedIn(side: Check["side"]): Side {
  return side === "both" ? "egress" : side;
}

/** Where the plugin denies by a refusal, one that was expected comes from a policy: what is tried over TCP does listen. */
function asDenied(result: CheckResult, { denial }: { readonly denial: "closed" | "refused" }): CheckResult {
  const { got, expected, protocol } = result;
  const isDenial = denial === "refused" && got === "refused" && expected === "closed" && protocol === "TCP";
  return isDenial ? { ...result, got: "closed" } : result;
}

/** Canaries serve HTTP; of others it is not known, and a data store that is asked for a page logs a complaint. */
function toProbe({ target, port, protocol, side }: Check, stands: readonly Stand[]): Probe {
  const how = protocol === "UDP" ? "dns" : target.kind === "canary" ? "http" : "tcp";
  return { how, host: hostOf(target, side, stands), port };
}

function hostOf(target: Target, side: Check["side"], stands: readonly Stand[]): string | undefined {
  switch (target.kind) {
    case "canary":
      return standOf(stands, target.role, judgedIn(side)).canary.ip;
    case "name":
    case "address":
      return target.host;
    case "resolver":
      return undefined;
  }
}
