import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { RequestedCluster } from "../clusters/choose.ts";
import { writeClusterRecord } from "../clusters/record.ts";
import { clusterTools } from "../clusters/registry.ts";
import { waitUntil } from "../clusters/wait-until.ts";
import type { ClusterReader } from "../stacks/cluster-objects.ts";
import { adoptPendingCreates, hasPendingOperations } from "../stacks/pending-operations.ts";
import type { RouteReport } from "../stacks/route-status.ts";
import { listRoutes } from "../stacks/routes.ts";
import { CommandFailure, InterruptedFailure, UsageFailure } from "./exit.ts";
import type { Engine } from "./engine.ts";
import { formatReport, type ReportFormat } from "./report.ts";
import { Session } from "./session.ts";
import { say, type Surroundings } from "./surroundings.ts";
import { ensureUnlocked } from "./unlock.ts";

/** Options of `terrarium up`. */
export interface UpOptions {
  readonly stack: string;
  readonly cluster?: RequestedCluster;
  readonly output: ReportFormat;
  /** Plan that `preview` saved; the update does nothing that is not in it. @default none */
  readonly plan?: string;
}

/** Resources that the engine works on at once: each holds its place while it waits to become ready. */
const parallel = "64";
/** Milliseconds that gateways have to answer for routes. */
const routesTimeoutMs = 10_000;

/** Brings an environment up: tools, cluster, resources; ends with what runs where. Running it again changes nothing. */
export async function up(surroundings: Surroundings, options: UpOptions): Promise<void> {
  const session = new Session(surroundings, options.stack);
  const tell = (line: string): void => {
    say(surroundings, line);
  };
  const plan = planOf(options);
  const environment = surroundings.validate(options.stack);
  const provider = await session.choose(options.cluster);
  const tools = clusterTools[provider.name];
  const toolchain = await surroundings.toolchain([...new Set(["pulumi", "kubectl", ...tools] as const)]);
  await ensureUnlocked({ paths: session.paths, file: session.file, record: session.record, say: tell });

  const access = await provider.up();
  // A stack on the user's own cluster finds it in its configuration; the record is for this checkout's own cluster.
  if (provider.name !== "context") writeClusterRecord(session.paths.checkout, access);
  surroundings.interrupted.throwIfAborted();

  const engine = session.engine(toolchain, access);
  await engine.ensureStack();
  const adopted = await adoptInterrupted(engine, session, tell);
  const args = [
    "up",
    "--yes",
    "--skip-preview",
    "--parallel",
    parallel,
    "--suppress-outputs",
    "--suppress-permalink=true",
  ];
  // What the state knows of a cluster that is new is wrong: compare with the cluster first.
  const refresh = adopted || access.origin === "created" ? ["--refresh"] : [];
  const result = await engine.programOperation([...args, ...refresh, ...plan]);
  const again = `terrarium up --stack ${options.stack}`;
  if (result.interrupted) throw new InterruptedFailure(`Interrupted. Run \`${again}\` to go on from here.`);
  if (result.code !== 0) {
    throw new CommandFailure(
      `The update failed. Correct what the messages above name, then run \`${again}\` again.`,
      result.code,
    );
  }
  const found = await session.report(toolchain, access, environment);
  // Nobody answers for the routes of a simulated cluster.
  const routes = access.simulatedPods
    ? found.routes
    : await answeredRoutes(session.reader(toolchain, access), environment, found.routes);
  const report = { ...found, routes };
  surroundings.stdout.write(`${options.output === "table" ? "\n" : ""}${formatReport(report, options.output)}`);
  if (!access.simulatedPods) judgeRoutes(routes, tell);
}

/** The routes once their gateways lead to them, or as they are when the time for that is over. */
async function answeredRoutes(
  reader: ClusterReader,
  environment: string,
  known: readonly RouteReport[],
): Promise<readonly RouteReport[]> {
  let routes = known;
  const isAccepted = ({ state }: RouteReport): boolean => state === "accepted";
  if (routes.every(isAccepted)) return routes;
  await waitUntil(
    async () => {
      routes = await listRoutes(reader, environment);
      return routes.every(isAccepted) ? undefined : "an answer";
    },
    { timeoutMs: routesTimeoutMs, everyMs: 250 },
  );
  return routes;
}

/** @throws CommandFailure where a gateway refuses a route: what it leads to cannot be reached. */
function judgeRoutes(routes: readonly RouteReport[], tell: (line: string) => void): void {
  for (const { name, gateway, state } of routes) {
    if (state !== "unanswered") continue;
    tell(`No gateway has answered for the route ${name} yet. Is there a Gateway ${gateway}?`);
  }
  const refused = routes.filter(({ state }) => state === "refused");
  if (refused.length === 0) return;
  const lines = refused.map(({ name, gateway, reason }) => `${gateway} does not lead to ${name}: ${reason}`);
  throw new CommandFailure(`All is up, but some of it cannot be reached.\n${lines.join("\n")}`);
}

function planOf({ plan }: UpOptions): string[] {
  if (plan === undefined) return [];
  if (!existsSync(plan))
    throw new UsageFailure(`--plan ${plan}: there is no such file. Save one with preview --save-plan.`);
  return ["--plan", resolve(plan)];
}

/** @returns whether creations of an interrupted update were taken into the state, to be compared with the cluster. */
export async function adoptInterrupted(
  engine: Engine,
  session: Session,
  tell: (line: string) => void,
): Promise<boolean> {
  const stateFile = session.state.stateFile(session.file.project, session.file.stack);
  if (stateFile === undefined || !existsSync(stateFile) || !hasPendingOperations(readFileSync(stateFile, "utf8")))
    return false;
  const adopted = adoptPendingCreates(await engine.exportStack());
  if (adopted === undefined) return false;
  tell(`An interrupted update left ${adopted.count} creations open; comparing the stack with the cluster.`);
  await engine.importStack(adopted.stack);
  return true;
}
