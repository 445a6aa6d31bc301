import type { EnvironmentSpec, PreviewEnvironmentSpec, PreviewEnvironmentStatus } from "../../../spec/index.ts";
import { ENVIRONMENTS, NAMESPACE, type PlatformCluster } from "../platform-cluster.ts";

const SHOP = "https://git.example.com/team/shop";
const DOCS = "https://git.example.com/team/handbook";

const SHOP_BASE: Partial<EnvironmentSpec> = {
  application: "shop",
  services: {
    "shop-mf": { image: "registry.example.com/shop/mf:1.0.0", calls: ["shop-backend"], expose: {} },
    "shop-backend": { image: "registry.example.com/shop/backend:1.0.0", calls: ["postgres", "redis", "shop-search"] },
    "shop-search": { image: "registry.example.com/shop/search:1.0.0", calls: ["postgres"] },
    "shop-worker": { image: "registry.example.com/shop/backend:1.0.0", calls: ["postgres", "redis"] },
  },
  dataStores: { postgres: { engine: "postgres" }, redis: { engine: "redis" } },
  migrations: {
    migrate: { dataStore: "postgres", image: "registry.example.com/shop/backend:1.0.0", command: ["migrate"] },
  },
};

/** The platform's configuration. */
export const CONFIG = {
  repositories: {
    [SHOP]: { base: SHOP_BASE },
    [DOCS]: {
      base: {
        application: "handbook",
        services: { handbook: { image: "team/handbook:1.0.0", expose: {} } },
      } satisfies Partial<EnvironmentSpec>,
    },
  },
  caps: { global: 12, perUser: 1, perRepository: 10 },
  url: "https://{name}.preview.example.com",
  prices: { currency: "EUR", cpu: 18.4, memory: 2.6, storage: 0.09 },
  runner: { policyPacks: ["policies"] },
} as const;

/** A text that a page must never take for markup, a script or an attribute. */
export const HOSTILE = `"><script>window.broken=1</script><img src=x onerror=window.broken=1>'&lt;`;

/** An environment as somebody made it, with a status as the service would have written it. */
export interface Seed {
  readonly name: string;
  readonly spec: PreviewEnvironmentSpec;
  readonly status?: PreviewEnvironmentStatus;
}

const COMMIT = "4f2c9ad1b0e37c5586d1f2a9c04be7715f3da028";

/** Milliseconds since 1970 that all times of the seeds count from. */
const NOW = Date.now();

function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

function spec(branch: string, over: Partial<PreviewEnvironmentSpec> = {}): PreviewEnvironmentSpec {
  return { source: { repository: SHOP, branch, commit: COMMIT }, owner: "ada", ...over };
}

function pullRequest(number: number, fork = false): PreviewEnvironmentSpec["pullRequest"] {
  return { number, url: `${SHOP}/pull/${number}`, fork };
}

/** Steps one after the other, of which the last may still run. @param seconds of each; undefined: it runs. */
function steps(start: number, ...taken: readonly (readonly [string, number, number | undefined])[]) {
  return taken.map(([name, from, seconds]) => ({
    name,
    startedAt: ago(start - from),
    ...(seconds === undefined ? {} : { finishedAt: ago(start - from - seconds), seconds }),
  }));
}

const CHANGES = [
  "create Namespace/preview-shop",
  "create NetworkPolicy/default-deny",
  "create Secret/postgres",
  "create PersistentVolumeClaim/postgres-data",
  "create StatefulSet/postgres",
  "create StatefulSet/redis",
  "create Job/migrate",
  "create ConfigMap/shop-backend",
  "create Deployment/shop-backend",
  "create Deployment/shop-search",
  "create Deployment/shop-worker",
  "create Deployment/shop-mf",
];

const diff = { create: 47, update: 0, replace: 0, delete: 0, same: 0, resources: CHANGES };

function condition(
  type: "Ready" | "Admitted" | "InSync" | "Expiring" | "Asleep" | "DeleteBlocked",
  status: "True" | "False",
  reason: string,
  message: string,
  seconds = 240,
) {
  return { type, status, reason, message, lastTransitionTime: ago(seconds), observedGeneration: 1 } as never;
}

const ADMITTED = condition(
  "Admitted",
  "True",
  "Admitted",
  "It has a place under the caps, and keeps it until it is gone.",
);
const IN_SYNC = condition("InSync", "True", "InSync", "The last look found no changes by hand.");
const WHOLE = steps(
  300,
  ["namespace", 0, 1.2],
  ["network", 0.6, 1.1],
  ["data stores", 1.4, 9.8],
  ["migrations", 11.3, 6.4],
  ["services", 17.8, 8.9],
);

/** One environment in each state that a page shows in its own way. */
export const SEEDS: readonly Seed[] = [
  {
    name: "shop-checkout",
    spec: spec("feature/checkout-redesign", { pullRequest: pullRequest(1412) }),
    status: {
      phase: "Ready",
      observedGeneration: 1,
      namespace: "preview-shop-checkout",
      stack: "preview-shop-checkout",
      url: "https://shop-checkout.preview.example.com",
      commit: COMMIT,
      applied: "0123456789abcdef",
      expiresAt: ago(-46 * 3600),
      lastRequestAt: ago(95),
      steps: WHOLE,
      diff,
      conditions: [
        condition("Ready", "True", "Ready", `It runs commit ${COMMIT.slice(0, 12)} as described.`),
        ADMITTED,
        IN_SYNC,
        condition("Expiring", "False", "NotExpiring", "Its time to live has not run out."),
      ],
    },
  },
  {
    name: "shop-search",
    spec: spec("feature/search-with-vectors", { owner: "grace", pullRequest: pullRequest(1409) }),
    status: {
      phase: "Provisioning",
      observedGeneration: 1,
      namespace: "preview-shop-search",
      stack: "preview-shop-search",
      url: "https://shop-search.preview.example.com",
      expiresAt: ago(-71 * 3600),
      operation: {
        id: "apply-5b1e22f0c9d4",
        kind: "apply",
        startedAt: ago(21),
        progress: "31 of 47: Job/migrate",
        commit: COMMIT,
      },
      steps: steps(
        21,
        ["namespace", 0, 1.1],
        ["network", 0.7, 1],
        ["data stores", 1.3, 10.2],
        ["migrations", 11.6, undefined],
      ),
      diff,
      conditions: [
        condition("Ready", "False", "Provisioning", `It is being brought to commit ${COMMIT.slice(0, 12)}.`, 21),
        ADMITTED,
      ],
    },
  },
  {
    name: "shop-payments",
    spec: spec("fix/payment-timeouts", { owner: "linus", pullRequest: pullRequest(1398) }),
    status: {
      phase: "Failed",
      observedGeneration: 1,
      namespace: "preview-shop-payments",
      stack: "preview-shop-payments",
      url: "https://shop-payments.preview.example.com",
      failed: "fedcba9876543210",
      attempts: 1,
      expiresAt: ago(-30 * 3600),
      conditions: [
        condition(
          "Ready",
          "False",
          "PolicyViolation",
          "Policies forbid it: images-pinned: Deployment/shop-backend: the image registry.example.com/shop/backend:latest is not pinned: name a tag other than latest, or a digest; resources-set: Deployment/shop-worker: container shop-worker has no memory limit\nIt is not tried again before spec or the platform's description of the repository changes.",
          640,
        ),
        ADMITTED,
      ],
    },
  },
  {
    name: "shop-reports",
    spec: spec("spike/reports", { owner: "barbara" }),
    status: {
      phase: "Asleep",
      observedGeneration: 1,
      namespace: "preview-shop-reports",
      stack: "preview-shop-reports",
      url: "https://shop-reports.preview.example.com",
      commit: COMMIT,
      applied: "0123456789abcdef",
      expiresAt: ago(-9 * 3600),
      lastRequestAt: ago(5 * 3600),
      steps: steps(3000, ["services", 0, 3.4], ["data stores", 3.5, 2.1]),
      diff: {
        ...diff,
        create: 0,
        update: 6,
        same: 41,
        resources: CHANGES.slice(4, 10).map((text) => text.replace("create", "update")),
      },
      conditions: [
        condition("Ready", "False", "Asleep", "It sleeps; the condition Asleep says why.", 3000),
        condition("Admitted", "False", "Asleep", "It sleeps and takes no place; it gets one again when it wakes."),
        condition(
          "Asleep",
          "True",
          "Idle",
          "Nobody has asked for its pages for 4 h. A request for one of them wakes it.",
          3000,
        ),
        IN_SYNC,
      ],
    },
  },
  {
    name: "shop-fork",
    spec: spec("main", { owner: "mallory", pullRequest: pullRequest(1415, true) }),
    status: {
      phase: "Queued",
      observedGeneration: 1,
      namespace: "preview-shop-fork",
      conditions: [
        condition("Ready", "False", "ApprovalNeeded", `Commit ${COMMIT} comes from a fork and was not approved.`),
      ],
    },
  },
  {
    name: "handbook-typo",
    spec: { source: { repository: DOCS, branch: "fix/typo", commit: COMMIT }, owner: "ada" },
    status: {
      phase: "Queued",
      observedGeneration: 1,
      position: 1,
      conditions: [
        condition(
          "Ready",
          "False",
          "Queued",
          "It is number 1 in the line for a place; the condition Admitted says why.",
        ),
        condition(
          "Admitted",
          "False",
          "UserCap",
          "It is number 1 in the line for a place: its owner has as many environments as the cap per user allows. It starts by itself; deleting one that is no longer needed makes room.",
        ),
      ],
    },
  },
  {
    name: "shop-old",
    spec: spec("chore/node-24", { owner: "grace", pullRequest: pullRequest(1377) }),
    status: {
      phase: "DeleteBlocked",
      observedGeneration: 1,
      namespace: "preview-shop-old",
      stack: "preview-shop-old",
      attempts: 3,
      retryAt: ago(-120),
      conditions: [
        condition("Ready", "False", "Terminating", "It is being deleted."),
        condition(
          "DeleteBlocked",
          "True",
          "VolumeHeld",
          "The volume pvc-3f0c of postgres-data is still there: its finalizer kubernetes.io/pv-protection holds it.\nIt is tried again in 2 minutes; failed attempts so far: 3.",
        ),
      ],
    },
  },
  {
    name: "shop-drifted",
    spec: spec("renovate/fastify-5.x", { owner: "renovate", pullRequest: pullRequest(1401) }),
    status: {
      phase: "Ready",
      observedGeneration: 1,
      namespace: "preview-shop-drifted",
      url: "https://shop-drifted.preview.example.com",
      commit: COMMIT,
      applied: "0123456789abcdef",
      steps: WHOLE,
      conditions: [
        condition("Ready", "True", "Ready", "It runs as described."),
        ADMITTED,
        condition("InSync", "False", "Drifted", "Changed by hand: Deployment/shop-backend: spec.replicas."),
      ],
    },
  },
  { name: "shop-new", spec: spec("feature/wishlist", { owner: "linus" }) },
  {
    name: "hostile",
    spec: spec("main", { owner: `<b>"'&` }),
    status: {
      phase: "Failed",
      observedGeneration: 1,
      namespace: HOSTILE,
      url: "javascript:window.broken=1",
      commit: HOSTILE,
      operation: { id: HOSTILE, kind: HOSTILE, startedAt: ago(3), progress: HOSTILE },
      steps: [{ name: HOSTILE, startedAt: ago(9), finishedAt: ago(3), seconds: 6 }],
      diff: { ...diff, resources: [`create ${HOSTILE}`] },
      conditions: [condition("Ready", "False", "UpdateFailed", HOSTILE)],
    },
  },
];

/** Writes seeds into a cluster, statuses through the status subresource. */
export async function plant({ api }: PlatformCluster, seeds: readonly Seed[]): Promise<void> {
  for (const { name, spec: wanted, status } of seeds) {
    const body = { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", metadata: { name }, spec: wanted };
    await api.send("POST", ENVIRONMENTS, { body });
    if (status) await api.send("PATCH", `${ENVIRONMENTS}/${name}/status`, { body: { status } });
  }
}

/** What an operation wrote, and what the service recorded of it. */
export async function plantRecords({ api }: PlatformCluster, name: string): Promise<void> {
  const log = [
    "preview begins",
    "47 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged",
    "apply begins",
    ...CHANGES.slice(0, 6).map((change) => `${change} done`),
    `warn: Job/migrate: waiting for 1 pod${name === "hostile" ? ` ${HOSTILE}` : ""}`,
  ].map((line, index) => `10:21:${String(10 + index)} ${line}\n`);
  await api.send("POST", `/api/v1/namespaces/${NAMESPACE}/configmaps`, {
    body: { metadata: { name: `${name}-log` }, data: { log: log.join("") } },
  });
  for (const [index, [type, reason, message]] of [
    ["Normal", "Provisioning", `It is being brought to commit ${COMMIT.slice(0, 12)}.`],
    ["Warning", "UpdateFailed", "The cluster's API server did not answer."],
    ["Normal", "Ready", "It runs as described."],
  ].entries()) {
    const at = ago(300 - 60 * index).replace(/\.\d+Z/, "Z");
    await api.send("POST", `/api/v1/namespaces/${NAMESPACE}/events`, {
      body: {
        metadata: { name: `${name}.${index}` },
        involvedObject: { kind: "Environment", name, namespace: NAMESPACE },
        type,
        reason,
        message,
        firstTimestamp: at,
        lastTimestamp: at,
        count: index + 1,
      },
    });
  }
}

/** Lets something run in an environment's namespace, on simulated nodes. @param missing a service that is not ready. */
export async function plantWorkloads(
  { api }: PlatformCluster,
  environment: string,
  services: readonly string[],
): Promise<void> {
  const namespace = `preview-${environment}`;
  await api.send("POST", "/api/v1/namespaces", { body: { metadata: { name: namespace } } });
  for (const name of services) {
    const labels = { "app.kubernetes.io/name": name };
    const isStore = name === "postgres" || name === "redis";
    const kind = isStore ? "statefulsets" : "deployments";
    await api.send("POST", `/apis/apps/v1/namespaces/${namespace}/${kind}`, {
      body: {
        metadata: { name, labels },
        spec: {
          replicas: name === "shop-backend" ? 2 : 1,
          ...(isStore ? { serviceName: name } : {}),
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name, image: `registry.example.com/shop/${name}:1.0.0` }] },
          },
        },
      },
    });
  }
}
