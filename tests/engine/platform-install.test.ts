import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { findFreePorts, portIsFree } from "../../clusters/free-ports.ts";
import { readClusterAccess } from "../../platform/adapters/kubernetes/access.ts";
import { ApiError, KubernetesApi } from "../../platform/adapters/kubernetes/api.ts";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { installedConfiguration, kubeconfigOf, SERVICE } from "./installed-service.ts";
import { ENVIRONMENTS, NAMESPACE, PlatformCluster, type PlatformProcess, until } from "./platform-cluster.ts";

const REPOSITORY = "https://git.example.com/team/guestbook";
/** Whose environments read their own logs, in a namespace beside theirs. */
const LOGGED = "https://git.example.com/team/logged";
const source = { repository: REPOSITORY, branch: "main" };
const DASHBOARD = ["dashboard", "--kubeconfig"];
/** Its listener that ends TLS. */
const GATEWAY = { name: "public", namespace: "gateway", sectionName: "https" };
const RBAC = "rbac.authorization.k8s.io";

interface Listed {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

describe("an installed platform service", () => {
  let cluster: PlatformCluster;
  let service: PlatformProcess;
  let kubeconfig: string;
  /** The API as the installed service's account. */
  let asService: KubernetesApi;

  before(async () => {
    cluster = await PlatformCluster.createBare();
    writeFileSync(join(cluster.checkout.folder, "platform.yaml"), stringify(configuration(cluster.checkout.folder)));
    await installed();
    kubeconfig = cluster.checkout.write("service.kubeconfig", await kubeconfigOf(cluster));
    asService = new KubernetesApi(readClusterAccess({ kubeconfig }));
    service = cluster.start("installed", await installedConfiguration(cluster), { kubeconfig });
    await service.says('"leading"');
  });

  after(() => cluster.remove());

  const platform = (...args: string[]) =>
    cluster.checkout.terrarium(["platform", ...args, "--kubeconfig", cluster.kubeconfig]);
  const installed = async (): Promise<string> => {
    const { code, stderr } = await platform("install", "--config", "platform.yaml");
    assert.equal(code, 0, stderr);
    return stderr;
  };

  it("runs hardened, with its configuration and its secrets as files", async () => {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/${SERVICE}`;
    const workload = await cluster.read<{ spec: { template: { spec: PodSpec } } }>(path);
    const pod = workload?.spec.template.spec;
    assert.equal(pod?.serviceAccountName, SERVICE);
    assert.equal(pod.securityContext.runAsUser, 65532);
    const [container] = pod.containers;
    assert.equal(container?.securityContext.readOnlyRootFilesystem, true);
    const mounts = new Map(container.volumeMounts.map(({ mountPath, readOnly }) => [mountPath, readOnly === true]));
    assert.equal(mounts.get("/etc/terrarium/configuration"), true);
    assert.equal(mounts.get("/etc/terrarium/files"), true);
    assert.equal(mounts.get("/var/lib/terrarium"), false);
  });

  it("is what it was after it is installed again", async () => {
    assert.match(await installed(), /Resources:\n +\d+ unchanged\n/);
  });

  it("has the gateway's listener for TLS lead all addresses to its activator, and no other listener", async () => {
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes`;
    const { items } = await cluster.api.send<{ items: readonly { readonly spec: Route }[] }>("GET", path);
    assert.equal(items.length, 1);
    const { parentRefs, hostnames, rules } = items[0]?.spec ?? {};
    assert.deepEqual(
      parentRefs?.map(({ name, namespace, sectionName }) => ({ name, namespace, sectionName })),
      [GATEWAY],
    );
    assert.deepEqual(hostnames, ["*.preview.example.com"]);
    const targets = rules?.flatMap(({ backendRefs }) => backendRefs.map(({ name }) => name));
    assert.deepEqual(targets, ["terrarium-activator"]);
  });

  it("is what `terrarium dashboard` leads to, until Ctrl-C", async () => {
    const elsewhere = await cluster.checkout.terrarium([...DASHBOARD, cluster.kubeconfig, "--namespace", "default"]);
    assert.deepEqual([elsewhere.code, elsewhere.stdout], [1, ""]);
    assert.match(elsewhere.stderr, /No platform service is installed in the namespace default of /);
    const [port = 0] = await findFreePorts(cluster.checkout.folder, 1);
    const child = cluster.checkout.start([...DASHBOARD, cluster.kubeconfig, "--port", String(port)]);
    const ended = once(child, "close");
    const isOpen = async () => !(await portIsFree(port));
    try {
      await until(() => isOpen().then((done) => ({ done, value: undefined, state: `port ${port} is closed` })), 60);
    } finally {
      child.kill("SIGINT");
    }
    assert.deepEqual(await ended, [0, null]);
  });

  it("is not moved to another namespace, which would take all Environments with it", async () => {
    const { folder } = cluster.checkout;
    writeFileSync(join(folder, "moved.yaml"), stringify({ ...configuration(folder), namespace: "elsewhere" }));
    const { code, stderr } = await platform("install", "--config", "moved.yaml");
    assert.equal(code, 2);
    assert.match(stderr, /is installed in namespace terrarium; the configuration says elsewhere\./);
  });

  it("may do all that a whole environment takes, from its creation over an update to its end", async () => {
    await cluster.createEnvironment("whole", { source });
    await cluster.environmentUntil("whole", isReady, 120);
    await cluster.changeEnvironment("whole", { overrides: { services: { "guestbook-worker": { replicas: 2 } } } });
    await cluster.environmentUntil("whole", (environment) => isReady(environment) && isCurrent(environment), 60);
    assert.equal((await refusal("GET", "/api/v1/namespaces/preview-whole/secrets")).status, 200);
  });

  it("deletes an environment also where somebody has deleted its namespaces", async () => {
    await cluster.createEnvironment("robbed", { source: { repository: LOGGED, branch: "main" } });
    await cluster.environmentUntil("robbed", isReady, 120);
    const namespaces = ["preview-robbed", "preview-robbed-logs"].map((name) => `/api/v1/namespaces/${name}`);
    const gone = async (namespace: string) => {
      const found = await cluster.read(namespace);
      return { done: found === undefined, value: undefined, state: JSON.stringify(found) };
    };
    for (const namespace of namespaces) await cluster.api.send("DELETE", namespace);
    for (const namespace of namespaces) await until(() => gone(namespace), 60);
    await cluster.deleteEnvironment("robbed");
    await cluster.environmentUntil("robbed", (environment) => environment === undefined, 90);
    for (const namespace of namespaces) assert.equal(await cluster.read(namespace), undefined);
  });

  it("takes no rights in a namespace of somebody else's that merely has an environment's name", async () => {
    await cluster.api.send("POST", "/api/v1/namespaces", { body: { metadata: { name: "preview-theirs" } } });
    await cluster.createEnvironment("theirs", { source });
    const failed = await cluster.environmentUntil("theirs", (found) => found?.status?.phase === "Failed", 60);
    assert.match(JSON.stringify(failed?.status?.conditions), /was not made for this environment/);
    assert.equal((await refusal("GET", "/api/v1/namespaces/preview-theirs/secrets")).status, 403);
    await cluster.deleteEnvironment("theirs");
    await cluster.environmentUntil("theirs", (environment) => environment === undefined, 60);
    assert.ok(await cluster.read("/api/v1/namespaces/preview-theirs"));
  });

  it("may ask who callers are and what they may do, and read the events of its own namespace alone", async () => {
    const spec = { token: "nobody's", audiences: ["terrarium"] };
    assert.equal((await refusal("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { spec })).status, 200);
    const resourceAttributes = { namespace: NAMESPACE, group: "terrarium.dev", resource: "environments", verb: "get" };
    const question = { spec: { user: "ada", resourceAttributes } };
    assert.equal((await refusal("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", question)).status, 200);
    assert.equal((await refusal("GET", `/api/v1/namespaces/${NAMESPACE}/events`)).status, 200);
    assert.equal((await refusal("GET", "/api/v1/events")).status, 403);
    const token = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${SERVICE}/token`;
    assert.equal((await refusal("POST", token, { spec: {} })).status, 403);
  });

  it("may do nothing beside it", async () => {
    await cluster.api.send("POST", "/api/v1/namespaces", { body: { metadata: { name: "others" } } });
    const role = { apiGroup: RBAC, kind: "ClusterRole", name: "terrarium-environment" };
    const admin = { apiGroup: RBAC, kind: "ClusterRole", name: "cluster-admin" };
    const bindings = (namespace: string) => `/apis/${RBAC}/v1/namespaces/${namespace}/rolebindings`;
    const label = { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } };
    const table: readonly [Parameters<typeof refusal>, RegExp][] = [
      [["GET", "/api/v1/namespaces/kube-system/secrets"], /cannot list resource "secrets"/],
      [["GET", "/api/v1/secrets"], /cannot list resource "secrets"/],
      [["GET", `/api/v1/namespaces/${NAMESPACE}/secrets/platform-files`], /cannot get resource "secrets"/],
      [["GET", "/api/v1/nodes"], /cannot list resource "nodes"/],
      [["GET", "/api/v1/namespaces/others/pods"], /cannot list resource "pods"/],
      [["POST", "/api/v1/namespaces/others/configmaps", { metadata: { name: "x" } }], /cannot create/],
      [["POST", `/apis/${RBAC}/v1/clusterroles`, { metadata: { name: "x" } }], /cannot create/],
      [["POST", `/apis/${RBAC}/v1/clusterrolebindings`, { metadata: { name: "x" }, roleRef: admin }], /cannot create/],
      [
        ["POST", bindings("preview-whole"), { metadata: { name: "x" }, roleRef: admin }],
        /permissions not currently held/,
      ],
      // From here on, roles would allow it.
      [["POST", bindings("others"), { metadata: { name: "x" }, roleRef: role }], /writes to namespaces whose names/],
      [["POST", "/api/v1/namespaces", { metadata: { name: "mine" } }], /writes to namespaces whose names/],
      [["PATCH", "/api/v1/namespaces/kube-system", label], /writes to namespaces whose names/],
      [["DELETE", "/api/v1/namespaces/others"], /writes to namespaces whose names/],
      [["DELETE", `/api/v1/namespaces/${NAMESPACE}`], /writes to namespaces whose names/],
    ];
    for (const [request, expected] of table) {
      const { status, message } = await refusal(...request);
      assert.deepEqual([status, expected.test(message)], [403, true], `${request[0]} ${request[1]}: ${message}`);
    }
  });

  it("lets its activator follow Environments and write when requests come, and nothing else", async () => {
    const file = cluster.checkout.write("activator.kubeconfig", await kubeconfigOf(cluster, "terrarium-activator"));
    const asActivator = new KubernetesApi(readClusterAccess({ kubeconfig: file }));
    const answers = async (...[method, path, body]: Parameters<typeof refusal>) =>
      asActivator.send(method, path, { body }).then(
        () => 200,
        (error: unknown) => (error instanceof ApiError ? error.status : Promise.reject(error as Error)),
      );
    const status = `${ENVIRONMENTS}/whole/status`;
    assert.equal(await answers("GET", ENVIRONMENTS), 200);
    assert.equal(await answers("PATCH", status, { status: { lastRequestAt: "2030-01-01T00:00:00Z" } }), 200);
    assert.equal((await cluster.environment("whole"))?.status?.lastRequestAt, "2030-01-01T00:00:00Z");
    for (const change of [
      { phase: "Queued" },
      { stack: null },
      { url: "https://evil.example.com" },
      { conditions: [] },
    ])
      assert.equal(await answers("PATCH", status, { status: change }), 403, JSON.stringify(change));
    for (const [method, path, body] of [
      ["PATCH", `${ENVIRONMENTS}/whole`, { spec: { owner: "eve" } }],
      ["DELETE", `${ENVIRONMENTS}/whole`],
      ["GET", `/api/v1/namespaces/${NAMESPACE}/secrets`],
      ["GET", "/api/v1/namespaces/preview-whole/secrets"],
      ["GET", "/api/v1/namespaces/preview-whole/services"],
    ] as const)
      assert.equal(await answers(method, path, body), 403, `${method} ${path}`);
  });

  it("lets people with the right for Environments ask for them, and do nothing else", async () => {
    const edit = `/apis/${RBAC}/v1/clusterroles/terrarium-environments-edit`;
    const role = await cluster.read<{ rules: { resources: string[]; verbs: string[] }[]; metadata: object }>(edit);
    assert.match(JSON.stringify(role?.metadata), /aggregate-to-edit":"true/);
    const changes = role?.rules.filter(({ verbs }) => verbs.includes("create")).flatMap(({ resources }) => resources);
    assert.deepEqual(changes, ["environments"]);
  });

  it("lets those who may approve say which commit of a fork runs, and nobody else who may write Environments", async () => {
    const people = await Promise.all(["writer", "approver"].map((name) => personOf(cluster, name)));
    const [writer, approver] = people as [KubernetesApi, KubernetesApi];
    await bind(cluster, "writer", ["terrarium-environments-edit"]);
    await bind(cluster, "approver", ["terrarium-environments-edit", "terrarium-environments-approve"]);
    const pullRequest = { number: 7, fork: true };
    const commit = "a".repeat(40);
    const spec = { source: { ...source, commit }, pullRequest };
    const forged = { ...spec, approval: { commit, by: "writer" } };
    const create = (name: string, of: object): Parameters<typeof writer.send> => [
      "POST",
      ENVIRONMENTS,
      { body: { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", metadata: { name }, spec: of } },
    ];
    const change = (of: object): Parameters<typeof writer.send> => [
      "PATCH",
      `${ENVIRONMENTS}/fork`,
      { body: { spec: of } },
    ];
    await asService.send(...create("fork", spec));
    for (const request of [
      create("forged", forged),
      change({ approval: { commit, by: "writer" } }),
      change({ pullRequest: null }),
      change({ pullRequest: { fork: false } }),
    ])
      await assert.rejects(writer.send(...request), /written by the platform service and by those who may update/);
    await writer.send(...change({ ttl: "3h" }));
    await approver.send(...change({ approval: { commit, by: "approver" } }));
    await assert.rejects(writer.send(...change({ approval: { commit: "b".repeat(40) } })), /written by the platform/);
    await asService.send("DELETE", `${ENVIRONMENTS}/fork`);
    await cluster.environmentUntil("fork", (environment) => environment === undefined, 60);
  });

  it("is not removed while there are environments", async () => {
    const { code, stderr } = await platform("uninstall");
    assert.equal(code, 1);
    assert.match(stderr, /There are preview environments: whole\. Nothing was removed\./);
    assert.match(stderr, /env delete whole --wait/);
  });

  it("is removed completely", async () => {
    await cluster.deleteEnvironment("whole");
    await cluster.environmentUntil("whole", (environment) => environment === undefined, 90);
    assert.equal(await cluster.read("/api/v1/namespaces/preview-whole"), undefined);
    assert.equal(await service.stop(), 0);
    const lines = service.log.split("\n").filter((line) => !line.includes("robbed"));
    assert.doesNotMatch(lines.join("\n"), /forbidden/i);
    const { code, stderr } = await platform("uninstall");
    assert.equal(code, 0, stderr);
    const kinds = [
      "/api/v1/namespaces",
      `/apis/${RBAC}/v1/clusterroles`,
      `/apis/${RBAC}/v1/clusterrolebindings`,
      "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
      "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ];
    for (const kind of kinds) {
      const { items } = await cluster.api.send<Listed>("GET", kind);
      const left = items.map(({ metadata }) => metadata.name).filter((name) => name.includes("terrarium"));
      assert.deepEqual(left, [], kind);
    }
    assert.match((await platform("uninstall")).stderr, /nothing to remove/);
  });

  /** What the API server says to the service. */
  async function refusal(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object) {
    try {
      await asService.send(method, path, { body });
      return { status: 200, message: "" };
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }
});

interface Route {
  readonly parentRefs: readonly Readonly<Record<string, string>>[];
  readonly hostnames: readonly string[];
  readonly rules: readonly { readonly backendRefs: readonly { readonly name: string }[] }[];
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: { readonly runAsUser: number };
  readonly containers: readonly {
    readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
    readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
  }[];
}

/** The sample application with everything that an environment can have on this cluster. */
function configuration(checkout: string): object {
  const base = parse(readFileSync(join(checkout, "examples/guestbook/environment.yaml"), "utf8")) as {
    services: Record<string, object>;
  };
  const worker = { ...base.services["guestbook-worker"], scaling: { maxReplicas: 3 }, replicas: 1 };
  const backup = { schedule: "30 2 * * *", keep: 3, storage: "1Gi" };
  return {
    repositories: {
      [REPOSITORY]: {
        base: {
          ...base,
          services: { ...base.services, "guestbook-worker": worker },
          dataStores: { postgres: { engine: "postgres", extensions: ["vector"], backup }, redis: { engine: "redis" } },
          quota: { pods: 60 },
        },
      },
      [LOGGED]: {
        base: {
          application: "logged",
          services: { web: { image: "terrarium/guestbook:0.1.0" } },
          observability: { prometheus: { enabled: false }, grafana: { enabled: false } },
        },
      },
    },
    url: "https://{name}.preview.example.com",
    sleep: { activator: { gateway: GATEWAY } },
    retry: { first: "1s" },
  };
}

/** The API as a service account that stands for somebody. */
async function personOf(cluster: PlatformCluster, name: string): Promise<KubernetesApi> {
  const metadata = { name };
  await cluster.api.send("POST", `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { body: { metadata } });
  const file = cluster.checkout.write(`${name}.kubeconfig`, await kubeconfigOf(cluster, name));
  return new KubernetesApi(readClusterAccess({ kubeconfig: file }));
}

/** Gives somebody roles in the platform's namespace. */
async function bind({ api }: PlatformCluster, name: string, roles: readonly string[]): Promise<void> {
  for (const role of roles)
    await api.send("POST", `/apis/${RBAC}/v1/namespaces/${NAMESPACE}/rolebindings`, {
      body: {
        metadata: { name: `${name}-${role}` },
        roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
        subjects: [{ kind: "ServiceAccount", name, namespace: NAMESPACE }],
      },
    });
}

function isReady(environment: PreviewEnvironment | undefined): boolean {
  return environment?.status?.phase === "Ready";
}

function isCurrent(environment: PreviewEnvironment | undefined): boolean {
  return environment?.status?.observedGeneration === environment?.metadata.generation;
}
