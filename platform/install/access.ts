/**
 * What the service, its operations and people may do in the cluster. Rules are as narrow as roles can be; what roles can't tell
 * apart, admission does: see admission.ts.
 */
import { PREVIEW_ENVIRONMENT, SNAPSHOT_GROUP } from "../../spec/index.ts";
import type { PlatformConfig } from "../config.ts";
import { ACTIVATOR } from "../names.ts";
import { clusterNames, SERVICE } from "./names.ts";
import type { Installation } from "./installation.ts";
import type { Manifest } from "./manifest.ts";

/** One rule of a role. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const RBAC = "rbac.authorization.k8s.io";
const READ = ["get", "list", "watch"] as const;
const MANAGE = [...READ, "create", "update", "patch", "delete"] as const;
const { group, plural } = PREVIEW_ENVIRONMENT;

/** In an environment's namespaces: all kinds of objects that components make, and what tells whether they are ready. */
const ENVIRONMENT_RULES: readonly Rule[] = [
  rule("", MANAGE, "configmaps", "limitranges", "persistentvolumeclaims", "resourcequotas", "secrets"),
  rule("", MANAGE, "serviceaccounts", "services"),
  rule("", READ, "endpoints", "events", "pods"),
  rule("", ["get"], "pods/log"),
  rule("apps", MANAGE, "daemonsets", "deployments", "statefulsets"),
  rule("apps", READ, "controllerrevisions", "replicasets"),
  rule("autoscaling", MANAGE, "horizontalpodautoscalers"),
  rule("batch", MANAGE, "cronjobs", "jobs"),
  rule("discovery.k8s.io", READ, "endpointslices"),
  rule("gateway.networking.k8s.io", MANAGE, "httproutes"),
  rule("monitoring.coreos.com", MANAGE, "servicemonitors"),
  rule("networking.k8s.io", MANAGE, "networkpolicies"),
  rule("policy", MANAGE, "poddisruptionbudgets"),
  rule(RBAC, MANAGE, "rolebindings", "roles"),
];

/** Cluster-wide: an operation makes, changes and removes namespaces, and proves that they and their volumes are gone. */
const OPERATION_RULES: readonly Rule[] = [
  rule("", ["get", "list", "watch", "create", "patch", "delete"], "namespaces"),
  rule("", ["get", "list"], "persistentvolumes"),
];

/** Cluster-wide: the service makes namespaces, gives operations their role in them, and removes leftovers. */
function serviceRules(environmentRole: string): readonly Rule[] {
  return [
    rule("", ["get", "list", "create", "delete"], "namespaces"),
    rule(RBAC, ["create"], "rolebindings"),
    { ...rule(RBAC, ["bind"], "clusterroles"), resourceNames: [environmentRole] },
    { ...rule("discovery.k8s.io", ["get"], "endpointslices"), resourceNames: ["kubernetes"] },
    // Who callers of the API are, and what they may do.
    rule("authentication.k8s.io", ["create"], "tokenreviews"),
    rule("authorization.k8s.io", ["create"], "subjectaccessreviews"),
  ];
}

/** Where environments may start from snapshots: one of another namespace is made known in an environment's. */
const SNAPSHOT_RULES = {
  environment: [rule(SNAPSHOT_GROUP, MANAGE, "volumesnapshots")],
  operations: [rule(SNAPSHOT_GROUP, ["get", "list", "watch", "create", "patch", "delete"], "volumesnapshotcontents")],
  /** @param names of the snapshots that the configuration has. */
  service: (names: readonly string[]): Rule[] => [
    { ...rule(SNAPSHOT_GROUP, ["get"], "volumesnapshots"), resourceNames: names },
    rule(SNAPSHOT_GROUP, ["get"], "volumesnapshotcontents"),
    rule("storage.k8s.io", ["get", "list"], "storageclasses"),
  ],
} as const;

/** In the platform's own namespace. */
const OWN_RULES: readonly Rule[] = [
  rule(group, ["get", "list", "watch", "create", "patch", "delete"], plural),
  rule(group, ["update"], `${plural}/status`),
  rule("", ["get", "create", "patch"], "configmaps"),
  rule("", ["list", "create", "patch"], "events"),
  rule("coordination.k8s.io", ["get", "create", "update"], "leases"),
];

/** An operation asks whether the pod that holds a lock is still there. */
const POD_RULES: readonly Rule[] = [rule("", ["get"], "pods")];

/** The activator follows Environments, and writes when requests come: see admission.ts. */
const ACTIVATOR_RULES: readonly Rule[] = [rule(group, READ, plural), rule(group, ["patch"], `${plural}/status`)];

/** The service makes a Job for each operation and a Secret for the Job, which it can't read again. */
const JOB_RULES: readonly Rule[] = [
  rule("batch", ["get", "list", "create", "patch", "delete"], "jobs"),
  rule("batch", ["update"], "jobs/finalizers"),
  rule("", ["create"], "secrets"),
  rule("", ["get", "list"], "pods"),
  rule("", ["get"], "pods/log"),
];

/** Roles and who has them. */
export function accessManifests({ namespace, config }: Installation): Manifest[] {
  const names = clusterNames(namespace);
  const inJobs = config.runner.kind === "job";
  const operations = inJobs ? config.runner.job.serviceAccount : SERVICE;
  const environments = rule(group, ["create", "delete", "deletecollection", "patch", "update"], plural);
  const snapshots = snapshotNames(config);
  const withSnapshots = snapshots.length > 0;
  const looks = [rule(group, READ, plural), rule("", READ, "configmaps", "events")];
  return [
    clusterRole(names.environment, [...ENVIRONMENT_RULES, ...(withSnapshots ? SNAPSHOT_RULES.environment : [])]),
    clusterRole(names.service, [
      ...serviceRules(names.environment),
      ...(withSnapshots ? SNAPSHOT_RULES.service(snapshots) : []),
    ]),
    clusterBinding(names.service, account(namespace, SERVICE)),
    clusterRole(names.operations, [...OPERATION_RULES, ...(withSnapshots ? SNAPSHOT_RULES.operations : [])]),
    clusterBinding(names.operations, account(namespace, operations)),
    role(namespace, SERVICE, [...OWN_RULES, ...(inJobs ? JOB_RULES : POD_RULES)]),
    binding(namespace, SERVICE, SERVICE),
    ...(inJobs
      ? [
          {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: operations, namespace },
            automountServiceAccountToken: true,
          } as const,
          role(namespace, operations, POD_RULES),
          binding(namespace, operations, operations),
        ]
      : []),
    ...(config.sleep.activator
      ? [role(namespace, ACTIVATOR, ACTIVATOR_RULES), binding(namespace, ACTIVATOR, ACTIVATOR)]
      : []),
    clusterRole(names.edit, [environments, ...looks], { "aggregate-to-admin": "true", "aggregate-to-edit": "true" }),
    clusterRole(names.approve, [rule(group, ["update"], `${plural}/approve`)], { "aggregate-to-admin": "true" }),
    clusterRole(names.view, looks, { "aggregate-to-view": "true" }),
  ];
}

/** Names of the VolumeSnapshots that environments may start from. */
function snapshotNames({ repositories }: PlatformConfig): string[] {
  const seeds = Object.values(repositories).flatMap((repository) => Object.values(repository.seeds));
  return [...new Set(seeds.flatMap(({ snapshot }) => (snapshot ? [snapshot.name] : [])))].sort();
}

function rule(apiGroup: string, verbs: readonly string[], ...resources: string[]): Rule {
  return { apiGroups: [apiGroup], resources, verbs };
}

function account(namespace: string, name: string): object {
  return { kind: "ServiceAccount", namespace, name };
}

function clusterRole(name: string, rules: readonly Rule[], aggregation: Record<string, string> = {}): Manifest {
  const labels = Object.fromEntries(Object.entries(aggregation).map(([key, value]) => [`${RBAC}/${key}`, value]));
  return { apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata: { name, labels }, rules };
}

function clusterBinding(name: string, subject: object): Manifest {
  const roleRef = { apiGroup: RBAC, kind: "ClusterRole", name };
  return { apiVersion: `${RBAC}/v1`, kind: "ClusterRoleBinding", metadata: { name }, roleRef, subjects: [subject] };
}

function role(namespace: string, name: string, rules: readonly Rule[]): Manifest {
  return { apiVersion: `${RBAC}/v1`, kind: "Role", metadata: { name, namespace }, rules };
}

function binding(namespace: string, name: string, serviceAccount: string): Manifest {
  const roleRef = { apiGroup: RBAC, kind: "Role", name };
  const subjects = [account(namespace, serviceAccount)];
  return { apiVersion: `${RBAC}/v1`, kind: "RoleBinding", metadata: { name, namespace }, roleRef, subjects };
}
