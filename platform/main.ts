import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { factsFrom } from "../clusters/facts.ts";
import type { Toolchain } from "../clusters/toolchain/index.ts";
import { type ClusterSelection, readClusterAccess } from "./adapters/kubernetes/access.ts";
import { KubernetesApi } from "./adapters/kubernetes/api.ts";
import { clusterWatch, Environments } from "./adapters/kubernetes/environments.ts";
import { EventRecorder } from "./adapters/kubernetes/events.ts";
import { garbageReport, readLeftovers } from "./adapters/kubernetes/garbage-report.ts";
import { kubernetesLease } from "./adapters/kubernetes/lease.ts";
import { deleteNamespace, listNamespaces } from "./adapters/kubernetes/namespaces.ts";
import { OperationLog } from "./adapters/kubernetes/operation-log.ts";
import { Reviews } from "./adapters/kubernetes/reviews.ts";
import { restApi } from "./api/index.ts";
import { readWorkloads } from "./adapters/kubernetes/workloads.ts";
import { systemClock as clock } from "./clock.ts";
import { LiveConfig, readConfigFile } from "./config-file.ts";
import { dashboard } from "./dashboard/index.ts";
import { GarbageCollection } from "./garbage-collection.ts";
import { Access } from "./http/access.ts";
import type { HttpContext } from "./http/context.ts";
import { EventStreams } from "./http/event-stream.ts";
import { Metrics } from "./http/metrics.ts";
import { Mutations } from "./http/mutations.ts";
import { PodLogs } from "./http/pod-logs.ts";
import { Records } from "./http/records.ts";
import { portOf, serve } from "./http/server.ts";
import { LeaderElection } from "./leader-election.ts";
import { createLog } from "./log.ts";
import { Operations } from "./operations.ts";
import { gitHubPullRequests } from "./pull-requests/index.ts";
import { Reconciler } from "./reconciler.ts";
import { findGoldenSnapshots } from "./runner/golden-snapshots.ts";
import { createRunner } from "./runner/index.ts";
import { leadTerm } from "./term.ts";

/** How the service is run. */
export interface PlatformOptions {
  /** Path of the configuration file. */
  readonly config: string;
  /** The cluster with the Environment objects, which is also the one that environments run in. */
  readonly cluster: ClusterSelection;
  /** Folder for what the service keeps on this machine. */
  readonly dataFolder: string;
  /** With pulumi and kubectl. */
  readonly toolchain: Pick<Toolchain, "path" | "env">;
  /** Variables of the operations' processes. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes a line of the log, with its end. */
  readonly write: (line: string) => void;
  /** Aborts when the service is asked to end. */
  readonly stop: AbortSignal;
}

/** Name of the leader's Lease. */
const LEASE = "terrarium-platform";

/**
 * Runs the platform service until it is asked to end.
 *
 * @throws PlatformConfigError, ClusterSelectionError
 */
export async function runPlatform(options: PlatformOptions): Promise<void> {
  const { cluster, dataFolder, toolchain, env, stop } = options;
  const credentials = readClusterAccess(cluster);
  const first = await readConfigFile(options.config);
  const { namespace, http } = first.config;
  const log = createLog(() => config.current.config.logLevel, options.write);
  const config: LiveConfig = new LiveConfig(options.config, first, {
    clock,
    log,
    changed: () => {
      reconciler?.allChanged();
      pullRequests?.settingsChanged();
    },
  });
  const api = new KubernetesApi(credentials);
  const runner = createRunner({
    settings: first.config.runner,
    namespace,
    cluster,
    dataFolder,
    toolchain,
    env,
    facts: () => factsFrom((path) => api.send("GET", path)),
    snapshots: (description) => findGoldenSnapshots(api, description),
    jobs: { access: credentials, api },
    ...(cluster.kubeconfig === undefined ? { platformPods: { namespace, prefixes: [podPrefix()] } } : {}),
  });
  let reconciler: Reconciler | undefined;

  const environments = new Environments({
    api,
    namespace,
    watch: clusterWatch(credentials),
    clock,
    log,
    changed: (name) => reconciler?.changed(name),
  });
  const streams = new EventStreams(clock);
  const metrics: Metrics = new Metrics({
    phases: () => environments.list().map(({ status }) => status?.phase),
    queueLength: () => reconciler?.queueLength ?? 0,
    running: (kind) => operations.count(kind),
    leading: () => election.leading,
    eventStreams: () => streams.count,
  });
  const operations = new Operations({
    runner,
    clock,
    log,
    limit: () => config.current.config.operations,
    openLog: (environment) => new OperationLog({ api, clock, log, environment }),
    changed: (name) => reconciler?.progressed(name),
    roomMade: () => reconciler?.roomMade(),
    ended: (request, outcome, seconds) => {
      metrics.operationEnded(request, outcome, seconds);
    },
  });
  const garbage = new GarbageCollection({
    world: {
      listStacks: () => runner.listStacks(),
      listNamespaces: () => listNamespaces(api, namespace),
      deleteNamespace: (name) => deleteNamespace(api, name),
      ...garbageReport(api, namespace),
    },
    environments,
    operations,
    settings: () => config.current.garbage,
    clock,
    log,
    found: (kind, count) => {
      metrics.garbageFound(kind, count);
    },
  });
  const events = new EventRecorder({ api, clock, log });
  const election: LeaderElection = new LeaderElection({
    leases: kubernetesLease(api, namespace, LEASE),
    identity: `${hostname()}-${randomUUID().slice(0, 8)}`,
    clock,
    log,
  });
  const { github } = first.config.pullRequests;
  const pullRequests =
    github &&
    gitHubPullRequests({
      github,
      api,
      environments,
      settings: () => config.current,
      isLeading: () => election.leading,
      metrics,
      clock,
      log,
    });
  const lead = async (lost: AbortSignal): Promise<void> => {
    reconciler = new Reconciler({
      environments,
      operations,
      events,
      settings: () => config.current.domain,
      clock,
      log,
      failed: () => {
        metrics.reconcileFailed();
      },
    });
    const drainMs = (): number => config.current.drainMs;
    pullRequests?.lead(AbortSignal.any([lost, stop]));
    await leadTerm({ reconciler, operations, garbage, clock, log, drainMs }, lost, stop);
    reconciler = undefined;
  };

  const access = new Access({
    reviews: new Reviews(api, namespace),
    audiences: http.audiences,
    requestsPerMinute: http.requestsPerMinute,
    clock,
    log,
  });
  const audit = createLog(() => "info", options.write);
  const context: HttpContext = {
    environments,
    access,
    mutations: new Mutations({ environments, access, audit }),
    records: new Records(api, namespace, clock),
    streams,
    settings: () => config.current,
    clock,
    log,
  };
  const server = await serve({
    port: http.port,
    address: http.address,
    proxies: http.proxies,
    notReady: () => (environments.synced ? undefined : "the Environment objects are not listed yet"),
    metrics,
    log,
    plugins: [
      restApi(context),
      dashboard(context, {
        workloads: (of) => readWorkloads(api, of),
        pods: new PodLogs(api, clock),
        leftovers: () => readLeftovers(api, namespace),
      }),
      ...(pullRequests ? [pullRequests.webhooks] : []),
    ],
  });
  config.watch(stop);
  log.info("started", { namespace, port: portOf(server) });
  await environments.start();
  await election.run(lead, stop);
  await pullRequests?.stop();
  await environments.stop();
  runner.close();
  await server.close();
  log.info("ended");
}

/** Start of the names of this service's pods: a StatefulSet's number follows, or a Deployment's two hashes. */
function podPrefix(): string {
  const name = hostname();
  return /-\d{1,3}$/.test(name) ? name.replace(/\d+$/, "") : name.replace(/[^-]+-[^-]+$/, "");
}
