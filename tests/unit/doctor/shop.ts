import type { Facts, Kind, SeenObject } from "../../../doctor/facts.ts";
import { diagnose } from "../../../doctor/index.ts";
import type { Condition, ConditionType } from "../../../spec/index.ts";

/** The environment of the tests: pages that call an API, which calls a Postgres that a Job migrates. */
export const SHOP = "shop-dev";
const NOW = new Date("2029-06-01T12:00:00Z");
/** A moment a little before the look. */
export const LATELY = "2029-06-01T11:58:00Z";

type Change<T> = (facts: Writable) => T;
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Writable = Mutable<Omit<Facts, "objects">> & {
  objects: { [K in Kind]?: SeenObject<K>[] };
};

const labelsOf = (name: string) => ({ "app.kubernetes.io/name": name, "app.kubernetes.io/instance": SHOP });
const workloadLabels = (name: string) => ({ ...labelsOf(name), "terrarium.dev/workload": name });

/** A pod that runs and serves, as a kubelet reports it. */
export function pod(name: string, owner: { kind: string; name: string }, status: object = {}): SeenObject<"Pod"> {
  const service = owner.name.replace(/-7d4b9c$/, "");
  return {
    metadata: {
      namespace: SHOP,
      name,
      labels: {
        ...workloadLabels(service),
        ...(service === "postgres" ? { "app.kubernetes.io/component": "database" } : {}),
      },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: {
      nodeName: "node-1",
      containers: [
        { name: service, image: `example.com/${service}:1.0.0`, resources: { limits: { memory: "256Mi" } } },
      ],
    },
    status: {
      phase: "Running",
      startTime: "2029-06-01T10:00:00Z",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        { name: service, image: `example.com/${service}:1.0.0`, ready: true, restartCount: 0, state: { running: {} } },
      ],
      ...status,
    },
  };
}

/** The status of a pod whose only container is in a state. */
export function containerStatus(service: string, state: object, more: object = {}): object {
  return {
    phase: "Pending" in state ? "Pending" : "Running",
    conditions: [{ type: "Ready", status: "False" }],
    containerStatuses: [
      { name: service, image: `example.com/${service}:1.0.0`, ready: false, restartCount: 0, state, ...more },
    ],
  };
}

function deployment(name: string): SeenObject<"Deployment"> {
  return {
    metadata: { namespace: SHOP, name, labels: labelsOf(name) },
    spec: {
      replicas: 1,
      template: {
        metadata: { labels: workloadLabels(name) },
        spec: {
          serviceAccountName: "environment",
          containers: [
            {
              name,
              image: `example.com/${name}:1.0.0`,
              envFrom: [{ secretRef: { name } }, { configMapRef: { name } }],
              env: [{ name: "KEY", valueFrom: { secretKeyRef: { name, key: "KEY" } } }],
            },
          ],
        },
      },
    },
    status: { readyReplicas: 1 },
  };
}

function service(name: string): SeenObject<"Service"> {
  return { metadata: { namespace: SHOP, name }, spec: { selector: workloadLabels(name) } };
}

/** Everything in order; a test breaks something of it. */
export function healthy(): Writable {
  const services = ["web", "api"];
  const inShop = (name: string) => ({ namespace: SHOP, name });
  return {
    target: {
      name: SHOP,
      stack: "dev",
      repair: "bin/terrarium up --stack dev",
      kubectl: "bin/terrarium kubectl --stack dev --",
    },
    now: NOW,
    calls: [
      { from: "web", to: "api" },
      { from: "api", to: "postgres" },
      { from: "migrate", to: "postgres" },
    ],
    secrets: [...services, "postgres"].map((name) => ({ namespace: SHOP, name, keys: ["KEY"] })),
    locks: [],
    state: { resources: [], pending: [] },
    logs: [],
    unread: [],
    objects: {
      Namespace: [{ metadata: { name: SHOP } }],
      Node: [{ metadata: { name: "node-1" }, spec: {}, status: { conditions: [{ type: "Ready", status: "True" }] } }],
      StorageClass: [{ metadata: { name: "standard" }, volumeBindingMode: "Immediate" }],
      ConfigMap: services.map((name) => ({ metadata: inShop(name), data: {} })),
      ServiceAccount: [{ metadata: inShop("environment") }],
      ResourceQuota: [{ metadata: inShop("quota") }],
      NetworkPolicy: services.map((name) => ({
        metadata: inShop(name),
        spec: { podSelector: { matchLabels: labelsOf(name) } },
      })),
      PersistentVolumeClaim: [
        { metadata: inShop("postgres-data"), spec: { storageClassName: "standard" }, status: { phase: "Bound" } },
      ],
      Deployment: services.map(deployment),
      ReplicaSet: services.map((name) => ({
        metadata: {
          ...inShop(`${name}-7d4b9c`),
          ownerReferences: [{ kind: "Deployment", name, controller: true, apiVersion: "apps/v1", uid: name }],
        },
      })),
      StatefulSet: [
        {
          metadata: {
            ...inShop("postgres"),
            labels: { ...labelsOf("postgres"), "app.kubernetes.io/component": "database" },
          },
          spec: {
            replicas: 1,
            template: {
              metadata: { labels: workloadLabels("postgres") },
              spec: {
                volumes: [{ name: "data", persistentVolumeClaim: { claimName: "postgres-data" } }],
                containers: [{ name: "postgres" }],
              },
            },
          },
          status: { readyReplicas: 1 },
        },
      ],
      Job: [
        {
          metadata: {
            ...inShop("migrate"),
            labels: { ...labelsOf("migrate"), "app.kubernetes.io/component": "migration" },
          },
          spec: { template: { metadata: { labels: workloadLabels("migrate") }, spec: {} } },
          status: { succeeded: 1 },
        },
      ],
      Service: [...services, "postgres"].map(service),
      Pod: [
        pod("web-7d4b9c-x1", { kind: "ReplicaSet", name: "web-7d4b9c" }),
        pod("api-7d4b9c-x1", { kind: "ReplicaSet", name: "api-7d4b9c" }),
        pod("postgres-0", { kind: "StatefulSet", name: "postgres" }),
      ],
      PodDisruptionBudget: [],
      Event: [],
    },
  };
}

/** What people see first after a change of what is in order; "" where nothing is wrong. */
export function firstLineAfter(change: Change<void>): string {
  const facts = healthy();
  change(facts);
  return diagnose(facts).causes[0]?.finding.says ?? "";
}

/** Gives the pod of a service another status; its workload has no ready pod then. */
export function setPod(facts: Writable, name: string, status: object): void {
  const pods = facts.objects.Pod ?? [];
  facts.objects.Pod = pods.map((entry) =>
    entry.metadata?.name?.startsWith(`${name}-`) ? { ...entry, status: { ...entry.status, ...status } } : entry,
  );
  setReady(facts, name, 0);
}

/** Says how many pods of a service are ready. */
export function setReady({ objects }: Writable, name: string, readyReplicas: number): void {
  for (const kind of ["Deployment", "StatefulSet"] as const) {
    const all = objects[kind];
    (objects as Record<string, unknown>)[kind] = all?.map((entry) =>
      entry.metadata?.name === name ? { ...entry, status: { ...entry.status, readyReplicas } } : entry,
    );
  }
}

/** Says how many pods every workload of a kind wants. */
export function setReplicas({ objects }: Writable, kind: "Deployment" | "StatefulSet", replicas: number): void {
  (objects as Record<string, unknown>)[kind] = objects[kind]?.map((entry) => ({
    ...entry,
    spec: { ...entry.spec, replicas },
    status: { readyReplicas: 0 },
  }));
}

/** What the platform service says of one side of an environment. */
export function condition<Type extends ConditionType>(
  type: Type,
  status: Condition["status"],
  reason: Condition<Type>["reason"],
  message: string,
): Condition {
  return { type, status, reason, message, lastTransitionTime: LATELY, observedGeneration: 1 };
}

/** Adds an event, as a controller or a kubelet writes it. */
export function event(facts: Writable, kind: string, name: string, reason: string, message: string): void {
  facts.objects.Event = [
    ...(facts.objects.Event ?? []),
    { involvedObject: { kind, name, namespace: SHOP }, reason, message, lastTimestamp: LATELY },
  ];
}
