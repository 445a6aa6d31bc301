import { chooseCluster, type ClusterProviders, type RequestedCluster } from "../clusters/choose.ts";
import { type LocalPaths, localPaths } from "../clusters/local-paths.ts";
import type { ClusterAccess, ClusterProvider } from "../clusters/provider.ts";
import { readClusterRecord } from "../clusters/record.ts";
import { clusterProviders } from "../clusters/registry.ts";
import type { RunCommand } from "../clusters/run-command.ts";
import type { Toolchain } from "../clusters/toolchain/index.ts";
import { type ClusterReader, environmentNamespaces } from "../stacks/cluster-objects.ts";
import { listRoutes } from "../stacks/routes.ts";
import { Engine } from "./engine.ts";
import { listWorkloads } from "./inventory.ts";
import { readStackFile, type StackFile } from "./project.ts";
import type { EnvironmentReport } from "./report.ts";
import { RunRecord } from "./run-record.ts";
import { StackState } from "./state.ts";
import { say, type Surroundings } from "./surroundings.ts";

/** One command's view of one stack. */
export class Session {
  readonly surroundings: Surroundings;
  readonly paths: LocalPaths;
  readonly file: StackFile;
  readonly state: StackState;
  readonly record: RunRecord;
  readonly providers: ClusterProviders;

  /**
   * @param stack its name, or its file where that is none of the checkout's own.
   * @throws UsageFailure when there is no such stack.
   */
  constructor(surroundings: Surroundings, stack: string | StackFile) {
    this.surroundings = surroundings;
    this.paths = localPaths(surroundings.checkout);
    this.file = typeof stack === "string" ? readStackFile(surroundings.checkout, stack) : stack;
    this.state = new StackState(this.paths, surroundings.env);
    this.record = new RunRecord(this.paths);
    const { context, kubeconfig } = this.file;
    this.providers = clusterProviders({
      paths: this.paths,
      env: surroundings.env,
      say: (line) => {
        say(surroundings, line);
      },
      toolchain: (needs) => surroundings.toolchain(needs),
      ...(context === undefined ? {} : { named: { context, ...(kubeconfig === undefined ? {} : { kubeconfig }) } }),
    });
  }

  /** Chooses the cluster for the stack, and says which. */
  choose(requested?: RequestedCluster): Promise<ClusterProvider> {
    const recorded = readClusterRecord(this.paths.checkout)?.provider;
    return chooseCluster(
      {
        ...(requested ? { requested } : {}),
        ...(this.file.context === undefined ? {} : { namedContext: this.file.context }),
        ...(recorded ? { recorded } : {}),
      },
      this.providers,
      (line) => {
        say(this.surroundings, line);
      },
    );
  }

  /** The cluster that the stack has from an earlier run, without choosing or starting one. */
  current(): ClusterProvider | undefined {
    if (this.file.context !== undefined) return this.providers.context;
    const recorded = readClusterRecord(this.paths.checkout)?.provider;
    return recorded === undefined ? undefined : this.providers[recorded];
  }

  /** Pulumi for the stack. */
  engine(toolchain: Toolchain, access?: ClusterAccess, run?: RunCommand): Engine {
    const { surroundings, state, file, record } = this;
    return new Engine({
      surroundings,
      checkout: this.paths.checkout,
      toolchain,
      state,
      file,
      record,
      ...(access ? { access } : {}),
      ...(run ? { run } : {}),
    });
  }

  /** Reads a cluster. */
  reader(toolchain: Toolchain, access: ClusterAccess): ClusterReader {
    return { kubectl: toolchain.path("kubectl"), access, env: this.surroundings.env };
  }

  /** Reads what runs in the cluster. */
  async report(toolchain: Toolchain, access: ClusterAccess, environment: string): Promise<EnvironmentReport> {
    const reader = this.reader(toolchain, access);
    const inventory = async (): Promise<Pick<EnvironmentReport, "namespaces" | "workloads">> => {
      const namespaces = await environmentNamespaces(reader, environment);
      return { namespaces, workloads: await listWorkloads(reader, namespaces) };
    };
    const [{ namespaces, workloads }, routes, outputs] = await Promise.all([
      inventory(),
      listRoutes(reader, environment),
      this.engine(toolchain, access).outputs(),
    ]);
    const { provider, context, kubeconfig, simulatedPods } = access;
    return {
      stack: this.file.stack,
      phase: namespaces.length > 0 ? "running" : "absent",
      cluster: { provider, context, kubeconfig, simulatedPods },
      namespaces,
      workloads,
      routes,
      addresses: addressesIn(outputs),
    };
  }
}

function addressesIn(outputs: Record<string, unknown>): Record<string, string> {
  const addresses = outputs["addresses"];
  if (typeof addresses !== "object" || addresses === null) return {};
  return Object.fromEntries(
    Object.entries(addresses).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
