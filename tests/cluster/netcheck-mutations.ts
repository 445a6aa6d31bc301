/**
 * Proves netcheck on the running stack: changes its network policies in every way that opens or closes something, one at
 * a time, and tries connections by canaries that stand all the while. Ends with 1 when netcheck misses a change.
 *
 * Usage: npm run netcheck-mutations
 */
import { withStackNetwork } from "../../cli/netcheck.ts";
import { processSurroundings } from "../../cli/process-surroundings.ts";
import { isAsDeclared, type NetcheckArgs, type Tryout, withTryout } from "../../netcheck/check-network.ts";
import { type Check, isConfined } from "../../netcheck/matrix.ts";
import type { Policy } from "../unit/network-policy-evaluator.ts";
import { type Mutation, mutationsOf, wideningOf } from "../unit/netcheck/policy-mutations.ts";
import { Prediction } from "../unit/netcheck/predicted-verdicts.ts";
import { shared } from "./kubectl.ts";
import { environment, stack } from "./stack.ts";
import { deletePolicy, putPolicy, readPolicies, type StoredPolicy } from "./stored-policies.ts";

/** Seconds after which a connection counts as closed: on one machine, that is long. */
const PROBE_TIMEOUT_SECONDS = 2;
/** How often connections are tried that are not as they should be yet: a changed policy works after a moment. */
const ATTEMPTS = 5;

interface Found {
  readonly mutation: Mutation;
  /** The first of the connections that gave it away; undefined: none did. */
  readonly by: Check | undefined;
}

async function main(): Promise<number> {
  const { ingressNamespace } = environment.network;
  const isThere = (await shared.run(["get", "namespaces", "--output", "name"])).includes(`/${ingressNamespace}\n`);
  // Rules for the ingress controller's pods show where there is its namespace.
  if (!isThere) await shared.run(["create", "namespace", ingressNamespace]);
  try {
    const surroundings = processSurroundings();
    const found = await withStackNetwork(surroundings, { stack }, (args) =>
      withTryout({ ...args, probeTimeoutSeconds: PROBE_TIMEOUT_SECONDS }, (tryout) => mutateAll(tryout, args)),
    );
    return report(found);
  } finally {
    if (!isThere) await shared.run(["delete", "namespace", ingressNamespace, "--wait=false"]);
  }
}

async function mutateAll(tryout: Tryout, { facts, signal }: NetcheckArgs): Promise<Found[]> {
  const { matrix } = tryout;
  const namespaces = [...new Set(matrix.roles.filter(isConfined).map(({ namespace }) => namespace))];
  const policies = await readPolicies(namespaces);
  const { dnsNamespace } = environment.network;
  const [{ cidr, port } = { cidr: "", port: 0 }] = facts.apiServer;
  const prediction = new Prediction(matrix, { dnsNamespace, apiServer: { ip: cidr.split("/")[0] ?? "", port } });
  if (!(await tryout.enforcement).enforced) throw new Error("The network plugin does not enforce network policies.");
  await untilAsDeclared(tryout, matrix.checks);
  const found: Found[] = [];
  const alike = new Set<string>();
  for (const policy of policies) {
    for (const mutation of mutationsOf(policy, wideningOf(matrix, dnsNamespace))) {
      const { mutated } = mutation;
      const changed = policies.flatMap((other) => (other === policy ? (mutated ?? []) : other));
      const concerned = matrix.checks.filter(
        (check) => prediction.isOpen(check, changed) !== prediction.isOpen(check, policies),
      );
      // Another policy says the same, or it was shown that the likes of it are found.
      if (concerned.length === 0 || (mutation.alike !== undefined && alike.has(mutation.alike))) continue;
      if (mutation.alike !== undefined) alike.add(mutation.alike);
      signal.throwIfAborted();
      const by = await tryMutated(tryout, policy, mutated, concerned);
      found.push({ mutation, by });
      console.log(toLine({ mutation, by }));
    }
  }
  return found;
}

/**
 * Changes a policy, tries the connections that should show it, and puts the policy back. What a few checks find, all find.
 *
 * @returns the first check that is not as declared; undefined when all are.
 */
async function tryMutated(
  tryout: Tryout,
  policy: StoredPolicy,
  mutated: Policy | undefined,
  checks: readonly Check[],
): Promise<Check | undefined> {
  let differing: Check[] = [];
  try {
    await (mutated ? putPolicy(policy, mutated.spec) : deletePolicy(policy));
    for (let attempt = 1; attempt <= ATTEMPTS && differing.length === 0; attempt++) {
      differing = await differences(tryout, checks);
    }
  } finally {
    await putPolicy(policy, policy.spec);
  }
  await untilAsDeclared(tryout, differing);
  return differing[0];
}

/** Checks that are not as declared now. */
async function differences({ tryOnce }: Tryout, checks: readonly Check[]): Promise<Check[]> {
  const results = await tryOnce(checks);
  return checks.filter((_, index) => !results[index] || !isAsDeclared(results[index]));
}

async function untilAsDeclared(tryout: Tryout, checks: readonly Check[]): Promise<void> {
  let left = checks;
  for (let attempt = 1; attempt <= ATTEMPTS && left.length > 0; attempt++) left = await differences(tryout, left);
  const [first] = left;
  if (first) throw new Error(`Without a change of policies, ${toText(first)} is not as declared. Run netcheck.`);
}

function report(found: readonly Found[]): number {
  const missed = found.filter(({ by }) => by === undefined);
  if (missed.length > 0) console.log(`\n${missed.map(toLine).join("\n")}`);
  console.log(`\n${found.length} mutations: ${found.length - missed.length} found`);
  return missed.length === 0 ? 0 : 1;
}

function toLine({ mutation: { policy, what }, by }: Found): string {
  const name = `${policy.metadata.namespace}/${policy.metadata.name}`;
  return `${name.padEnd(45)}  ${what.padEnd(50)}  ${by === undefined ? "MISSED" : `found: ${toText(by)}`}`;
}

function toText({ from, to, port, protocol, side, expected }: Check): string {
  const where = side === "both" ? "" : `, ${side} alone`;
  return `${from} > ${to} ${port}/${protocol}${where}, expected ${expected}`;
}

process.exitCode = await main();
