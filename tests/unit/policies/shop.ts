import type { PackConfiguration } from "../../../policies/configuration.ts";
import { evaluate, type Report } from "../../../policies/evaluate.ts";
import { KubeObject } from "../../../policies/kube-object.ts";
import { Stack } from "../../../policies/stack.ts";
import type { Tier } from "../../../spec/index.ts";

/** A plain Kubernetes object that a test may change. */
export type Manifest = Record<string, unknown>;

/** The day on which tests take place. */
export const TODAY = "2026-11-21";

const PREFIX = "app.kubernetes.io";

function metadata(name: string, of = name): Manifest {
  return { name, namespace: "shop", labels: labels(of) };
}

function labels(name: string): Manifest {
  return {
    [`${PREFIX}/name`]: name,
    [`${PREFIX}/instance`]: "shop",
    [`${PREFIX}/component`]: "backend",
    [`${PREFIX}/part-of`]: "shop",
    [`${PREFIX}/managed-by`]: "tests",
    [`${PREFIX}/version`]: "1.0.0",
  };
}

function selector(name: string): Manifest {
  return { matchLabels: { [`${PREFIX}/name`]: name } };
}

function template(name: string, changes: Manifest = {}): Manifest {
  const probe = { httpGet: { path: "/", port: 8080 } };
  return {
    metadata: { labels: labels(name) },
    spec: {
      serviceAccountName: "workload",
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name,
          image: "example.com/shop:1.0.0",
          args: ["--port=8080"],
          env: [{ name: "LOG_LEVEL", value: "info" }],
          ports: [{ name: "http", containerPort: 8080 }],
          resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "100m", memory: "128Mi" } },
          livenessProbe: probe,
          readinessProbe: probe,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
      ...changes,
    },
  };
}

function policy(name: string): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(name),
    spec: { podSelector: selector(name), policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] },
  };
}

/** A small application of which no rule of the pack has anything to say, made anew for each test. */
export function shop() {
  const claims = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "database" } }] };
  return {
    namespace: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: "shop",
        labels: { ...labels("shop"), "pod-security.kubernetes.io/enforce": "restricted" },
      } as Manifest,
    },
    account: { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata("workload") },
    config: { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("web"), data: { GREETING: "hello" } as Manifest },
    role: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: metadata("web"),
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
    },
    binding: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: metadata("web"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "web" },
      subjects: [{ kind: "ServiceAccount", name: "workload", namespace: "shop" }],
    },
    closed: {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: metadata("default-deny"),
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    },
    webPolicy: policy("web"),
    databasePolicy: policy("database"),
    migrationPolicy: policy("migration"),
    web: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: metadata("web"),
      spec: { replicas: 2, selector: selector("web"), template: template("web") } as Manifest,
    },
    service: {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata("web"),
      spec: { selector: { [`${PREFIX}/name`]: "web" } as Manifest, ports: [{ port: 80 }] },
    },
    budget: {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: metadata("web"),
      spec: { minAvailable: 1, selector: selector("web") },
    },
    autoscaler: {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: metadata("web"),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 2,
        maxReplicas: 4,
      },
    },
    database: {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: metadata("database"),
      spec: { replicas: 1, selector: selector("database"), template: template("database", claims) },
    },
    migration: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: metadata("migration"),
      spec: { template: template("migration", { restartPolicy: "Never" }) },
    },
  };
}

/** How objects are judged. */
interface JudgeOptions {
  readonly tier?: Tier;
  /** Whether there are objects that are not known. */
  readonly isPartial?: boolean;
  readonly configuration?: PackConfiguration;
}

/** What the pack says of objects. */
export function judge(objects: readonly object[], options: JudgeOptions = {}): Report {
  const { tier = "prod", isPartial = false, configuration = { rules: {} } } = options;
  const stack = new Stack(
    objects.map((object) => new KubeObject(object)),
    { isPartial },
  );
  return evaluate(stack, { tier, today: TODAY, configuration });
}

/** Names of the rules that are violated, each once, sorted. */
export function violated(objects: readonly object[], options: JudgeOptions = {}): string[] {
  return [...new Set(judge(objects, options).violations.map(({ rule }) => rule))].sort();
}

/** Sets a value deep in an object: `put(shop.web, "spec.replicas", 1)`; undefined removes it. */
export function put(object: object, path: string, value: unknown): void {
  // Keys of labels have dots themselves; they come last.
  const [, place = path, label] = /^(.*?\blabels|.*?\bmatchLabels)\.(.+)$/i.exec(path) ?? [];
  const keys = [...place.split("."), ...(label === undefined ? [] : [label])];
  const last = keys.pop() ?? "";
  const owner = keys.reduce<Manifest>((place, key) => (place[key] ??= {}) as Manifest, object as Manifest);
  if (value === undefined) Reflect.deleteProperty(owner, last);
  else owner[last] = value;
}
