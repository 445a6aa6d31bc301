import { systemClock as clock } from "../../../platform/clock.ts";
import { readClusterAccess } from "../../../platform/adapters/kubernetes/access.ts";
import { clusterWatch, Environments } from "../../../platform/adapters/kubernetes/environments.ts";
import { readLeftovers } from "../../../platform/adapters/kubernetes/garbage-report.ts";
import { Reviews } from "../../../platform/adapters/kubernetes/reviews.ts";
import { readWorkloads } from "../../../platform/adapters/kubernetes/workloads.ts";
import { platformConfigSchema, toSettings, type PlatformConfig } from "../../../platform/config.ts";
import { dashboard } from "../../../platform/dashboard/index.ts";
import { Access } from "../../../platform/http/access.ts";
import { EventStreams } from "../../../platform/http/event-stream.ts";
import { Mutations } from "../../../platform/http/mutations.ts";
import { PodLogs } from "../../../platform/http/pod-logs.ts";
import { Records } from "../../../platform/http/records.ts";
import { portOf, serve } from "../../../platform/http/server.ts";
import { createLog } from "../../../platform/log.ts";
import { NAMESPACE, type PlatformCluster } from "../platform-cluster.ts";
import { PodsWithLogs } from "./pods-with-logs.ts";
import { CONFIG } from "./world.ts";

/** Names what tokens of the tests are made for. */
const AUDIENCE = "terrarium";

/** The platform service's server with the dashboard, on a cluster whose environments nobody drives. */
export class DashboardServer {
  readonly address: string;
  /** Lines of the service's log and of the audit log. */
  readonly log: readonly string[];
  /** Lines that every pod has written. */
  readonly podLog: string[];
  readonly #stop: () => Promise<void>;

  private constructor(address: string, log: readonly string[], podLog: string[], stop: () => Promise<void>) {
    this.address = address;
    this.log = log;
    this.podLog = podLog;
    this.#stop = stop;
  }

  static async start({ api, kubeconfig }: PlatformCluster): Promise<DashboardServer> {
    const lines: string[] = [];
    const log = createLog(
      () => "info",
      (line) => lines.push(line),
    );
    const config: PlatformConfig = platformConfigSchema.parse({ namespace: NAMESPACE, ...CONFIG });
    const settings = toSettings(
      config,
      Object.fromEntries(Object.entries(CONFIG.repositories).map(([address, { base }]) => [address, base])),
    );
    const environments = new Environments({
      api,
      namespace: NAMESPACE,
      watch: clusterWatch(readClusterAccess({ kubeconfig })),
      clock,
      log,
      changed: () => undefined,
    });
    await environments.start();
    const access = new Access({
      reviews: new Reviews(api, NAMESPACE),
      audiences: [AUDIENCE],
      requestsPerMinute: 100_000,
      clock,
      log,
    });
    const context = {
      environments,
      access,
      mutations: new Mutations({ environments, access, audit: log }),
      records: new Records(api, NAMESPACE, clock),
      streams: new EventStreams(clock),
      settings: () => settings,
      clock,
      log,
    };
    const pods = new PodsWithLogs(api);
    const sources = {
      workloads: (namespace: string) => readWorkloads(api, namespace),
      pods: new PodLogs(pods, clock),
      leftovers: () => readLeftovers(api, NAMESPACE),
    };
    const server = await serve({
      port: 0,
      address: "127.0.0.1",
      notReady: () => undefined,
      metrics: { text: () => Promise.resolve({ type: "text/plain", text: "" }) },
      log,
      plugins: [dashboard(context, sources)],
    });
    return new DashboardServer(`http://127.0.0.1:${portOf(server)}`, lines, pods.written, async () => {
      await server.close();
      await environments.stop();
    });
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** Makes a token of somebody who may do with environments what a role of the cluster allows. @param verbs on environments. */
export async function tokenFor({ api }: PlatformCluster, name: string, verbs: readonly string[]): Promise<string> {
  const base = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
  const apiGroup = "rbac.authorization.k8s.io";
  await api.send("POST", base, { body: { metadata: { name } } });
  const rules = [
    {
      apiGroups: ["terrarium.dev"],
      resources: ["environments", ...(verbs.includes("update") ? ["environments/approve"] : [])],
      verbs,
    },
  ];
  await api.send("POST", `${rbac}/roles`, { body: { metadata: { name }, rules } });
  await api.send("POST", `${rbac}/rolebindings`, {
    body: {
      metadata: { name },
      roleRef: { apiGroup, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: NAMESPACE }],
    },
  });
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [AUDIENCE] } };
  const made = await api.send<{ status: { token: string } }>("POST", `${base}/${name}/token`, { body });
  return made.status.token;
}

/** Lets somebody read what is in a namespace, logs of pods included, as clusters do. */
export async function letView({ api }: PlatformCluster, name: string, namespace: string): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  await api.send("POST", `/apis/${apiGroup}/v1/namespaces/${namespace}/rolebindings`, {
    body: {
      metadata: { name },
      roleRef: { apiGroup, kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name, namespace: NAMESPACE }],
    },
  });
}
