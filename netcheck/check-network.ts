import { abortable } from "./abortable.ts";
import type { ResolvedEnvironment } from "../spec/index.ts";
import { type Canaries, type Canary, withCanaries } from "./canaries.ts";
import { type Clock, realClock } from "./clock.ts";
import type { CanaryCluster } from "./cluster.ts";
import { type Enforcement, listen, proveEnforcement } from "./enforcement.ts";
import { groupBy } from "./group-by.ts";
import { removeLeftovers } from "./leftovers.ts";
import {
  type Check,
  type MatrixSurroundings,
  type OutsideWorld,
  type Target,
  toMatrix,
  type Unchecked,
} from "./matrix.ts";
import { FOREIGN } from "./matrix-roles.ts";
import { parseProbes, type Probe, probeLimitMs, type ProbeResult, probeScript } from "./probe.ts";

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
  readonly outside: OutsideWorld;
  /** This run, see `owner.ts`. */
  readonly owner: string;
  /** Ends the run; everything that it made is removed first. */
  readonly signal: AbortSignal;
  /** @default real time */
  readonly clock?: Clock;
  /** Takes a line of progress. */
  readonly say: (line: string) => void;
}

/** How often a connection is tried that is not as expected: rules follow a new pod after a moment. */
const ATTEMPTS = 3;
/** Milliseconds between two attempts. */
const PAUSE_MS = 1500;

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
export async function checkNetwork(args: NetcheckArgs): Promise<NetworkReport> {
  const { environment, cluster, owner, signal, say, clock = realClock } = args;
  const removed = await removeLeftovers(cluster);
  if (removed > 0) say(`Removed ${removed} leftovers of earlier runs.`);
  const existing = await cluster.namespaces();
  return withCanaries({ cluster, owner, signal, clock }, async (canaries) => {
    const foreign = await canaries.createTestNamespace();
    const { facts, outside } = args;
    const { roles, checks, unchecked } = toMatrix(environment, {
      ...facts,
      outside,
      namespaces: { foreign, existing },
    });
    say(`Starting ${roles.length + 1} canaries for ${checks.length} checks.`);
    const started = new Map(
      roles.map((role) => {
        const { namespace, labels, ports } = role;
        return [role.name, startListening(canaries, { namespace, labels, listens: ports })];
      }),
    );
    const prober = started.get(FOREIGN);
    if (prober === undefined) throw new RangeError("the matrix has no role outside");
    const [enforcement, ...standing] = await Promise.all([
      proveEnforcement({ canaries, cluster, signal, clock, namespace: foreign, prober }),
      ...[...started].map(async ([name, canary]): Promise<[string, Canary]> => [name, await canary]),
    ]);
    if (!enforcement.enforced) return { environment: environment.name, enforced: false, checks: [], unchecked };
    say("The network plugin enforces policies. Trying every connection.");
    const results = await tryAll(checks, new Map(standing), enforcement, args);
    return { environment: environment.name, enforced: true, checks: results, unchecked };
  });
}

async function startListening(canaries: Canaries, role: Parameters<Canaries["start"]>[0]): Promise<Canary> {
  const canary = await canaries.start(role);
  await listen(canary, role.listens ?? []);
  return canary;
}

/** Tries all checks, and those that are not as expected again. */
async function tryAll(
  checks: readonly Check[],
  canaries: ReadonlyMap<string, Canary>,
  enforcement: Enforcement,
  { say, signal, clock = realClock }: NetcheckArgs,
): Promise<CheckResult[]> {
  let results = await tryOnce(checks, canaries, enforcement);
  for (let attempt = 2; attempt <= ATTEMPTS; attempt++) {
    const differing = results.filter((result) => !isAsDeclared(result));
    if (differing.length === 0) break;
    say(`${differing.length} not as declared; trying them again.`);
    await abortable(signal, () => clock.sleep(PAUSE_MS));
    const again = await tryOnce(differing, canaries, enforcement);
    results = results.map((result) => {
      const index = differing.indexOf(result);
      return again[index] ?? result;
    });
  }
  return results;
}

/** One attempt: all canaries at once, each with one script that tries everything at once. */
async function tryOnce(
  checks: readonly Check[],
  canaries: ReadonlyMap<string, Canary>,
  enforcement: Enforcement,
): Promise<CheckResult[]> {
  const outcome = new Map<Check, ProbeResult>();
  await Promise.all(
    [...groupBy(checks, ({ from }) => from)].map(async ([from, own]) => {
      const probes = own.map((check) => toProbe(check, canaries));
      const result = await canaries.get(from)?.run(probeScript(probes), probeLimitMs(probes.length));
      const found = parseProbes(probes, result?.stdout ?? "");
      const failed = result?.stderr.trim().split("\n").at(-1);
      own.forEach((check, index) => {
        const probe = found[index] ?? { got: "error" };
        outcome.set(check, probe.got === "error" && failed ? { got: "error", detail: probe.detail ?? failed } : probe);
      });
    }),
  );
  return checks.map((check) => {
    const { from, to, target, port, protocol, expected, why } = check;
    const result = outcome.get(check) ?? { got: "error" };
    return { from, to, target, port, protocol, expected, why, ...asDenied(check, result, enforcement) };
  });
}

/** Where the plugin denies by a refusal, one that was expected comes from a policy: what is tried over TCP does listen. */
function asDenied({ expected, protocol }: Check, result: ProbeResult, enforcement: Enforcement): ProbeResult {
  const refuses = enforcement.enforced && enforcement.denial === "refused";
  const isDenial = refuses && result.got === "refused" && expected === "closed" && protocol === "TCP";
  return isDenial ? { ...result, got: "closed" } : result;
}

/** Canaries serve HTTP; of others it is not known, and a data store that is asked for a page logs a complaint. */
function toProbe({ target, port, protocol }: Check, canaries: ReadonlyMap<string, Canary>): Probe {
  const how = protocol === "UDP" ? "dns" : target.kind === "canary" ? "http" : "tcp";
  return { how, host: hostOf(target, canaries), port };
}

function hostOf(target: Target, canaries: ReadonlyMap<string, Canary>): string | undefined {
  switch (target.kind) {
    case "canary":
      return canaries.get(target.role)?.ip;
    case "name":
    case "address":
      return target.host;
    case "resolver":
      return undefined;
  }
}
