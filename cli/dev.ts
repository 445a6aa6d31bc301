import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { RequestedCluster } from "../clusters/choose.ts";
import type { ClusterAccess } from "../clusters/provider.ts";
import { writeClusterRecord } from "../clusters/record.ts";
import { clusterTools } from "../clusters/registry.ts";
import type { ResolvedEnvironment } from "../spec/index.ts";
import { down } from "./down.ts";
import { CommandFailure } from "./exit.ts";
import { Forwards, type ForwardsFile } from "./forwards/index.ts";
import { loadStackImages } from "./images.ts";
import { formatReport, type ReportFormat } from "./report.ts";
import { Session } from "./session.ts";
import { resolveStack } from "./stack-validation.ts";
import { readReport } from "./status.ts";
import { say, type Surroundings } from "./surroundings.ts";
import { formatTable } from "./table.ts";
import { testStacksOf } from "./test-stacks.ts";
import { up } from "./up.ts";

/** Options of the commands for a local cluster with real pods. */
export interface DevOptions {
  readonly stack: string;
}

/**
 * Brings a local cluster with real pods up, its images, the stack, and ports on this machine that lead to it. Running it
 * again repairs what is missing and changes nothing else.
 */
export async function bootstrapDev(
  surroundings: Surroundings,
  options: DevOptions & { readonly cluster?: RequestedCluster },
): Promise<void> {
  const session = new Session(surroundings, options.stack);
  const environment = resolveStack(surroundings.checkout, options.stack);
  const provider = await session.choose(options.cluster ?? (await realPods(session)));
  if (provider.name === "simulated") {
    throw new CommandFailure(
      "A simulated cluster runs no pods. Remove it with `terrarium down`, then run this command again.",
    );
  }
  const tools = clusterTools[provider.name];
  await surroundings.toolchain([...new Set(["pulumi", "kubectl", ...tools] as const)]);
  const access = await provider.up();
  if (provider.name !== "context") writeClusterRecord(session.paths.checkout, access);
  surroundings.interrupted.throwIfAborted();
  await loadStackImages(surroundings, session, environment, access);
  surroundings.interrupted.throwIfAborted();
  await up(surroundings, { stack: options.stack, output: "table" });
  const forwards = await forward(surroundings, session, environment, access);
  surroundings.stdout.write(`\n${formatForwards(forwards)}${formatCredentials(environment, options.stack)}`);
}

/** Removes what {@link bootstrapDev} brought up and what tests brought up beside it, their data included. */
export async function cleanupDev(surroundings: Surroundings, { stack }: DevOptions): Promise<void> {
  const session = new Session(surroundings, stack);
  await new Forwards(session.paths).stop();
  const known = session.state.isLocal ? session.state.localStacks(session.file.project) : [];
  const tests = testStacksOf(stack, known);
  const leaving = [...tests, stack];
  const provider = session.current();
  if (provider !== undefined && provider.name !== "context" && known.every((name) => leaving.includes(name))) {
    // Nothing of an environment outlives its cluster: there is no need to delete it object by object before.
    say(surroundings, `Removing the ${provider.name} cluster.`);
    await provider.down();
  }
  for (const name of leaving) await down(surroundings, { stack: name, deleteData: true });
  for (const name of tests) rmSync(new Session(surroundings, name).file.path);
}

/** Shows what runs, and which ports of this machine lead to it. */
export async function devStatus(
  surroundings: Surroundings,
  { stack, output }: DevOptions & { readonly output: ReportFormat },
): Promise<void> {
  const session = new Session(surroundings, stack);
  const report = await readReport(surroundings, session);
  const forwards = new Forwards(session.paths);
  const file = forwards.read();
  const open = file !== undefined && (await forwards.running()) ? file.forwards : [];
  if (output !== "table") {
    surroundings.stdout.write(formatReport({ ...report, forwards: open }, output));
    return;
  }
  surroundings.stdout.write(formatReport(report, output));
  if (report.phase !== "running") return;
  const text = file && open.length > 0 ? formatForwards(file) : "No ports are forwarded: make bootstrap-dev\n";
  surroundings.stdout.write(`\n${text}`);
}

/** Runs the integration tests against the stack, which stays up. Fails at once, saying what to do, when it is not. */
export async function testIntegrationDev(
  surroundings: Surroundings,
  { stack, grep }: DevOptions & { readonly grep?: string },
): Promise<void> {
  const session = new Session(surroundings, stack);
  const found = (await session.current()?.status()) ?? { phase: "absent" };
  const again = `Run: make bootstrap-dev STACK=${stack}`;
  if (found.phase === "absent") throw new CommandFailure(`There is no cluster. ${again}`);
  if (found.phase === "broken") throw new CommandFailure(`The cluster is broken: ${found.reason}. ${again}`);
  if (found.access.simulatedPods) throw new CommandFailure(`The cluster's pods are simulated. ${again}`);
  const forwards = new Forwards(session.paths);
  if (forwards.read()?.stack !== stack || !(await forwards.running())) {
    throw new CommandFailure(`No ports of this machine lead to ${stack}. ${again}`);
  }
  const args = ["--config", "tests/cluster/.mocharc.json"];
  const child = spawn("node_modules/.bin/mocha", [...args, ...(grep === undefined ? [] : ["--grep", grep])], {
    cwd: surroundings.checkout,
    stdio: ["ignore", 1, 2],
    env: { ...surroundings.env, TERRARIUM_TEST_STACK: stack },
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new CommandFailure("", code ?? 1);
}

/** Real pods are what was asked for: kind where a container runtime runs, else this machine itself. */
async function realPods(session: Session): Promise<RequestedCluster | undefined> {
  if (session.file.context !== undefined || session.current() !== undefined) return undefined;
  const kind = await session.providers.kind?.available();
  return kind?.ok === true ? "kind" : "host";
}

async function forward(
  surroundings: Surroundings,
  session: Session,
  environment: ResolvedEnvironment,
  access: ClusterAccess,
): Promise<ForwardsFile> {
  const toolchain = await surroundings.toolchain(["pulumi", "kubectl"]);
  say(surroundings, "Opening ports on this machine.");
  return new Forwards(session.paths).start(session.file.stack, environment, access, toolchain.path("kubectl"));
}

function formatForwards({ forwards }: ForwardsFile): string {
  const rows = forwards.map(({ service, port, localPort }) => [`${service}:${port}`, `127.0.0.1:${localPort}`]);
  return formatTable(["FORWARD", "ADDRESS"], rows);
}

function formatCredentials(environment: ResolvedEnvironment, stack: string): string {
  const { migrations, services } = environment;
  const seeded = [
    ...Object.keys(migrations).filter((name) => migrations[name]?.seedTestCredentials),
    ...Object.keys(services).filter((name) => {
      const source = services[name]?.source;
      return source?.migrate && source.seedTestCredentials;
    }),
  ];
  return seeded
    .map(
      (name) =>
        `\nA test user is seeded. Its password:\n  bin/terrarium kubectl --stack ${stack} -- get secret ${name} -n ${environment.name} -o go-template='{{.data.TEST_USER_PASSWORD | base64decode}}'\n`,
    )
    .join("");
}
