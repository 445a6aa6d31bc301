/** One object with one thing changed, and the rules that are meant to find it. */
export interface Mutation {
  readonly name: string;
  /** undefined where the object is gone. */
  readonly changed: Manifest | undefined;
  /** Names of the rules. */
  readonly caughtBy: readonly string[];
}

/** A rendered manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [key: string]: unknown;
}

type Node = Record<string, unknown>;
type Path = readonly (string | number)[];

const NAME = "app.kubernetes.io/name";
const TEMPLATES: Readonly<Record<string, Path>> = {
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};
const LABELS = ["name", "instance", "component", "part-of", "managed-by"].map((label) => `app.kubernetes.io/${label}`);
/** Kinds to which no other object points by namespace, so that moving one breaks nothing else. */
const MOVABLE = ["ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Role", "LimitRange"];

/** Every way to spoil a manifest that a rule is about, at every place where it can be done. */
export function mutationsOf(manifest: Manifest, tier: string): Mutation[] {
  return [...ofObject(manifest), ...ofKind(manifest, tier), ...ofPod(manifest)];
}

/** @param value undefined takes away what is there. */
function put(manifest: Manifest, path: Path, value: unknown, ...caughtBy: string[]): Mutation {
  const changed = structuredClone(manifest);
  const owner = path.slice(0, -1).reduce<Node>((node, key) => (node[key] ??= {}) as Node, changed as Node);
  const last = path.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(owner, last);
  else owner[last] = value;
  const what = value === undefined ? "without" : `${JSON.stringify(value)} as`;
  return { name: `${what} ${path.join(".")}`, changed, caughtBy };
}

function ofObject(manifest: Manifest): Mutation[] {
  const labels = LABELS.map((label) => put(manifest, ["metadata", "labels", label], undefined, "standard-labels"));
  if (!MOVABLE.includes(manifest.kind)) return labels;
  return [...labels, put(manifest, ["metadata", "namespace"], "default", "no-default-namespace")];
}

function ofKind(manifest: Manifest, tier: string): Mutation[] {
  const { kind, metadata, spec } = manifest as Manifest & { readonly spec: Record<string, never> };
  const isClosing = metadata.name === "default-deny";
  const isOwn =
    NAME in ((spec as { podSelector?: { matchLabels?: object } } | undefined)?.podSelector?.matchLabels ?? {});
  switch (kind) {
    case "Namespace":
      return [
        put(
          manifest,
          ["metadata", "labels", "pod-security.kubernetes.io/enforce"],
          "baseline",
          "namespace-pod-security",
        ),
      ];
    case "ConfigMap":
      return [put(manifest, ["data", "DB_PASSWORD"], "hunter2", "no-secrets-in-the-clear")];
    case "Service":
      return [put(manifest, ["spec", "selector", NAME], "nobody", "service-selects-pods")];
    case "PodDisruptionBudget":
      return [put(manifest, ["spec", "selector", "matchLabels", NAME], "nobody", "disruption-budget-selects-pods")];
    case "HorizontalPodAutoscaler":
      return [
        put(manifest, ["spec", "minReplicas"], 1, "replicas-in-production"),
        put(manifest, ["spec", "scaleTargetRef", "name"], "nobody", "autoscaler-has-target", "replicas-in-production"),
      ].map((mutation) => inTier(mutation, tier));
    case "NetworkPolicy":
      if (isClosing) {
        return [
          { name: "gone", changed: undefined, caughtBy: ["network-default-deny"] },
          put(manifest, ["spec", "policyTypes"], ["Ingress"], "network-default-deny"),
          put(manifest, ["spec", "policyTypes"], ["Egress"], "network-default-deny"),
          put(manifest, ["spec", "egress"], [{}], "network-default-deny"),
        ];
      }
      if (!isOwn) return [];
      return [
        { name: "gone", changed: undefined, caughtBy: ["network-policy-per-workload"] },
        put(
          manifest,
          ["spec", "podSelector", "matchLabels", NAME],
          "nobody",
          "network-policy-per-workload",
          "network-policy-selects-pods",
        ),
      ];
    case "Role":
      return [
        put(manifest, ["rules", 0, "verbs"], ["*"], "no-rbac-wildcards"),
        put(manifest, ["rules", 0, "resources"], ["*"], "no-rbac-wildcards"),
      ];
    case "RoleBinding":
      return [put(manifest, ["roleRef", "name"], "cluster-admin", "no-cluster-admin")];
    case "Deployment":
    case "StatefulSet":
      return Number((spec as { replicas?: number }).replicas) > 1
        ? [inTier(put(manifest, ["spec", "replicas"], 1, "replicas-in-production"), tier)]
        : [];
    default:
      return [];
  }
}

/** The rule about replicas is one for production alone. */
function inTier(mutation: Mutation, tier: string): Mutation {
  if (tier === "prod") return mutation;
  return { ...mutation, caughtBy: mutation.caughtBy.filter((rule) => rule !== "replicas-in-production") };
}

function ofPod(manifest: Manifest): Mutation[] {
  const template = TEMPLATES[manifest.kind];
  if (template === undefined) return [];
  const spec = [...template, "spec"];
  const pod = read(manifest, spec);
  const isLongRunning = !["Job", "CronJob"].includes(manifest.kind);
  const change = (path: Path, value: unknown, rule: string): Mutation => put(manifest, [...spec, ...path], value, rule);
  const labels = [...LABELS.slice(2), "app.kubernetes.io/version"].map((label) =>
    put(manifest, [...template, "metadata", "labels", label], undefined, "standard-labels"),
  );
  const volumes = (pod["volumes"] ?? []) as readonly object[];
  return [
    ...labels,
    change(["serviceAccountName"], "default", "no-default-service-account"),
    change(["serviceAccountName"], undefined, "no-default-service-account"),
    change(["hostPID"], true, "pod-security-host-namespaces"),
    change(["hostIPC"], true, "pod-security-host-namespaces"),
    change(["volumes"], [...volumes, { name: "node", hostPath: { path: "/" } }], "pod-security-volumes"),
    change(["securityContext", "sysctls"], [{ name: "kernel.msgmax", value: "1" }], "pod-security-sysctls"),
    change(["securityContext", "runAsNonRoot"], false, "pod-security-non-root"),
    change(["securityContext", "runAsUser"], 0, "pod-security-user"),
    change(["securityContext", "seccompProfile"], undefined, "pod-security-seccomp"),
    change(["securityContext", "seLinuxOptions"], { type: "spc_t" }, "pod-security-se-linux"),
    change(["securityContext", "windowsOptions"], { hostProcess: true }, "pod-security-windows-host-process"),
    ...["containers", "initContainers"].flatMap((list) =>
      ((pod[list] ?? []) as readonly Node[]).flatMap((container, index) =>
        ofContainer(container, isLongRunning && list === "containers", (path, value, rule) =>
          change([list, index, ...path], value, rule),
        ),
      ),
    ),
  ];
}

function ofContainer(
  container: Node,
  hasProbes: boolean,
  change: (path: Path, value: unknown, rule: string) => Mutation,
): Mutation[] {
  const image = String(container["image"]);
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].filter((probe) => probe in container);
  const variables = (container["env"] ?? []) as readonly object[];
  return [
    ...["requests", "limits"].flatMap((bound) =>
      ["cpu", "memory"].map((kind) => change(["resources", bound, kind], undefined, "requests-and-limits")),
    ),
    change(["image"], image.replace(/[:@][^/]*$/, ""), "pinned-images"),
    change(["image"], image.replace(/[:@][^/]*$/, ":latest"), "pinned-images"),
    change(["env"], [...variables, { name: "API_KEY", value: "4f7a9c" }], "no-secrets-in-the-clear"),
    change(["args"], ["--password=hunter2"], "no-secrets-in-the-clear"),
    change(["ports"], [{ containerPort: 80, hostPort: 80 }], "pod-security-host-ports"),
    change(["securityContext", "allowPrivilegeEscalation"], undefined, "pod-security-privilege-escalation"),
    change(["securityContext", "capabilities"], undefined, "pod-security-capabilities"),
    change(["securityContext", "capabilities", "add"], ["SYS_ADMIN"], "pod-security-capabilities"),
    change(["securityContext", "privileged"], true, "pod-security-privileged"),
    change(["securityContext", "procMount"], "Unmasked", "pod-security-proc-mount"),
    change(["securityContext", "runAsNonRoot"], false, "pod-security-non-root"),
    change(["securityContext", "runAsUser"], 0, "pod-security-user"),
    change(["securityContext", "seccompProfile"], { type: "Unconfined" }, "pod-security-seccomp"),
    change(["securityContext", "appArmorProfile"], { type: "Unconfined" }, "pod-security-app-armor"),
    ...probes.map((probe) => change([probe, "tcpSocket"], { host: "10.0.0.1", port: 1 }, "pod-security-probe-hosts")),
    ...(hasProbes
      ? ["liveness", "readiness"].map((probe) => change([`${probe}Probe`], undefined, `${probe}-probe`))
      : []),
  ];
}

function read(manifest: Manifest, path: Path): Node {
  return path.reduce<Node>((node, key) => (node[key] ?? {}) as Node, manifest as Node);
}
