import { abortable } from "./abortable.ts";
import type { Canaries, Canary } from "./canaries.ts";
import type { Clock } from "./clock.ts";
import { NetcheckError } from "./cluster.ts";
import { groupBy } from "./group-by.ts";
import { isConfined, type Matrix } from "./matrix.ts";
import type { Side } from "./matrix-reasons.ts";
import { ascending, FOREIGN } from "./matrix-roles.ts";
import type { Probe, ProbeResult } from "./probe.ts";

/** Milliseconds that the policies which open canaries get to be in force. */
const SETTLE_MS = 20_000;
/** Milliseconds between two looks. */
const PAUSE_MS = 250;

/** A canary in a role's place. */
export interface Stand<C = Canary> {
  readonly role: string;
  /** The side whose policies decide. The other one is open: by a policy of the run, or because nothing confines the role. */
  readonly judged: Side;
  readonly confined: boolean;
  /** TCP ports. */
  readonly listens: readonly number[];
  readonly canary: C;
}

/**
 * Starts the canaries of a matrix. A role that policies confine has two, each with the other side opened: between two
 * canaries of which the same side is judged, the policies of that side decide alone.
 */
export function startStands(canaries: Canaries, { roles, checks }: Matrix): Stand<Promise<Canary>>[] {
  const tried = groupBy(checks, ({ target }) => (target.kind === "canary" ? target.role : undefined));
  return roles.flatMap((role) => {
    const { name, namespace, labels } = role;
    const listens = ascending((tried.get(name) ?? []).map(({ port }) => port));
    const confined = isConfined(role);
    const start = (judged: Side, opened?: Side): Stand<Promise<Canary>> => {
      const canary = canaries.start({ namespace, labels, listens }, opened);
      return { role: name, judged, confined, listens, canary };
    };
    return confined ? [start("egress", "ingress"), start("ingress", "egress")] : [start("egress")];
  });
}

/** The canary of a role by which a side is judged. @throws RangeError when the role has none. */
export function standOf<C>(stands: readonly Stand<C>[], role: string, judged: Side): Stand<C> {
  const found = stands.find((stand) => stand.role === role && (!stand.confined || stand.judged === judged));
  if (found === undefined) throw new RangeError(`no canary stands for ${role}`);
  return found;
}

/** A connection that must be open for what others find to mean something. */
interface Premise {
  readonly from: Stand;
  readonly probe: Probe;
  /** What is wrong when it is not. */
  readonly failure: string;
}

/**
 * Tries connections, from all canaries at once. Together with them it is tried whether the opened sides are open: while one
 * is not, all is tried again, because "closed" would prove nothing.
 *
 * @param probes what to try from where. @returns a result for each probe.
 * @throws NetcheckError that names a canary of which the opened side does not become open.
 */
export async function tryFromStands(
  stands: readonly Stand[],
  probes: ReadonlyMap<Stand, readonly Probe[]>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Map<Stand, ProbeResult[]>> {
  const foreign = standOf(stands, FOREIGN, "egress");
  const callers = [...new Set([...probes.keys(), foreign])];
  const premises = stands
    .filter(({ confined }) => confined)
    .map((stand) => premiseOf(stand, foreign))
    .filter(({ from }) => callers.includes(from));
  const deadline = clock.now() + SETTLE_MS;
  for (;;) {
    const unmet: string[] = [];
    const results = callers.map(async (from): Promise<[Stand, ProbeResult[]]> => {
      const own = premises.filter((premise) => premise.from === from);
      const found = await from.canary.try([...own.map(({ probe }) => probe), ...(probes.get(from) ?? [])]);
      own.forEach(({ failure }, index) => {
        const { got = "error", detail = got } = found[index] ?? {};
        if (got !== "open") unmet.push(`${failure} (${detail}).`);
      });
      return [from, found.slice(own.length)];
    });
    const all = new Map(await Promise.all(results));
    const [failure] = unmet;
    if (failure === undefined) return all;
    if (clock.now() > deadline) throw new NetcheckError(failure);
    await abortable(signal, () => clock.sleep(PAUSE_MS));
  }
}

/** That the side which is not judged is open. */
function premiseOf(stand: Stand, foreign: Stand): Premise {
  const [from, to] = stand.judged === "egress" ? [foreign, stand] : [stand, foreign];
  const [port = 0] = to.listens;
  const { namespace, name } = stand.canary;
  const lacks =
    stand.judged === "egress" ? "is not reached from another namespace" : "does not reach another namespace";
  const failure = `Canary ${namespace}/${name} ${lacks} though a policy of this run opens it; policies of another kind than NetworkPolicy may be in the way`;
  return { from, probe: { how: "http", host: to.canary.ip, port }, failure };
}
