import { lookup } from "node:dns/promises";
import { readClusterFacts } from "../clusters/facts.ts";
import type { ClusterAccess } from "../clusters/provider.ts";
import { runCommand } from "../clusters/run-command.ts";
import { checkNetwork, isAsDeclared, type NetcheckArgs } from "../netcheck/check-network.ts";
import { type Clock, realClock } from "../netcheck/clock.ts";
import { KubectlCluster } from "../netcheck/kubectl-cluster.ts";
import { missing, type Outside, startOutside } from "../netcheck/outside.ts";
import { ownOwner } from "../netcheck/owner.ts";
import { environmentNamespaces } from "../stacks/cluster-objects.ts";
import { CommandFailure } from "./exit.ts";
import { formatNetworkReport } from "./network-report.ts";
import type { ReportFormat } from "./report.ts";
import { Session } from "./session.ts";
import { resolveStack } from "./stack-validation.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** Options of `terrarium netcheck`. */
export interface NetcheckOptions {
  readonly stack: string;
  readonly output: ReportFormat;
  /** Shows only what is not as declared. */
  readonly onlyDifferences: boolean;
  /** Address that stands for the world outside. @default one that is set up on this machine, where that is possible */
  readonly outside?: OutsideAddress;
}

/** A host and one of its TCP ports. */
export interface OutsideAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Tries every connection that a stack's network policies are about. Fails when one is not as declared.
 *
 * @param clock @default real time
 */
export async function netcheck(surroundings: Surroundings, options: NetcheckOptions, clock?: Clock): Promise<void> {
  const report = await withStackNetwork(surroundings, options, checkNetwork, clock);
  surroundings.stdout.write(formatNetworkReport(report, options.output, options.onlyDifferences));
  if (!report.enforced) {
    throw new CommandFailure(
      "The network plugin of this cluster does not enforce NetworkPolicy: every pod can reach every other, whatever the policies say. Use a plugin that does, such as Calico or Cilium.",
    );
  }
  const differing = report.checks.filter((check) => !isAsDeclared(check)).length;
  if (differing > 0)
    throw new CommandFailure(`${differing} of ${report.checks.length} connections are not as declared.`);
}

/**
 * Calls a function with what it takes to try a running stack's network.
 *
 * @param clock @default real time
 * @throws CommandFailure that says what to do when the stack does not run on real pods.
 */
export async function withStackNetwork<T>(
  surroundings: Surroundings,
  options: Pick<NetcheckOptions, "stack" | "outside">,
  use: (args: NetcheckArgs) => Promise<T>,
  clock: Clock = realClock,
): Promise<T> {
  const session = new Session(surroundings, options.stack);
  const environment = resolveStack(surroundings.checkout, options.stack);
  const access = await currentAccess(session);
  const toolchain = await surroundings.toolchain(["kubectl"]);
  const kubectl = toolchain.path("kubectl");
  const { env, interrupted: signal } = surroundings;
  const namespaces = await environmentNamespaces({ kubectl, access, env }, environment.name);
  if (!namespaces.includes(environment.name)) throw notUp(options.stack, "is not up");
  const facts = await readClusterFacts({
    ...access,
    env,
    run: (_, args, commandOptions) => runCommand(kubectl, args, commandOptions),
  });
  const outside = await outsideOf(options.outside, access, env);
  try {
    return await use({
      environment,
      cluster: new KubectlCluster({ kubectl, access, env, clock }),
      facts,
      outside: outside.world,
      owner: await ownOwner(),
      signal,
      clock,
      say: (line) => {
        say(surroundings, line);
      },
    });
  } finally {
    await outside.stop();
  }
}

/** Reads `--outside`. @returns undefined when it is not HOST:PORT. */
export function parseOutside(text: string): OutsideAddress | undefined {
  const [, host, port] = /^([A-Za-z0-9.-]+):(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  return host === undefined || number < 1 || number > 65535 ? undefined : { host, port: number };
}

async function currentAccess(session: Session): Promise<ClusterAccess> {
  const { stack } = session.file;
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  if (found.phase === "absent") throw notUp(stack, "is not up");
  if (found.phase === "broken") throw notUp(stack, `is broken: ${found.reason}`);
  if (found.access.simulatedPods) {
    throw new CommandFailure(
      "The pods of this cluster are simulated: nothing runs in them, so nothing can be probed. Run it on real pods: `terrarium down`, then `terrarium up --cluster host` or `--cluster kind`.",
    );
  }
  return found.access;
}

function notUp(stack: string, what: string): CommandFailure {
  return new CommandFailure(`${stack} ${what}. Run \`terrarium up --stack ${stack}\`.`);
}

async function outsideOf(
  given: OutsideAddress | undefined,
  access: ClusterAccess,
  env: NodeJS.ProcessEnv,
): Promise<Outside> {
  if (given) {
    const { address } = await lookup(given.host, { family: 4 }).catch(() => {
      throw new CommandFailure(`--outside: ${given.host} has no IPv4 address that can be found from here.`);
    });
    return { world: { address, ports: [given.port] }, stop: () => Promise.resolve() };
  }
  // Only of a host cluster it is certain that this machine is the node that pods' packets pass.
  if (access.provider === "host") return startOutside(env);
  return missing("no address stands for it; name one with --outside HOST:PORT");
}
