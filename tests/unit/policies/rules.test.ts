import assert from "node:assert/strict";
import { RULES } from "../../../policies/rules.ts";
import { judge, put, shop, violated, type Manifest } from "./shop.ts";

type Change = (objects: ReturnType<typeof shop>) => void;

/** What of an object is meant, for a table: its name in the shop, a path, and what is put there. */
function set(name: keyof ReturnType<typeof shop>, path: string, value: unknown): Change {
  return (objects) => {
    put(objects[name], path, value);
  };
}

const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers.0`;
const inWeb = (path: string, value: unknown): Change => set("web", path, value);
const inPod = (path: string, value: unknown): Change => inWeb(`${POD}.${path}`, value);
const inContainer = (path: string, value: unknown): Change => inWeb(`${CONTAINER}.${path}`, value);
const remove =
  (...names: (keyof ReturnType<typeof shop>)[]): Change =>
  (objects) => {
    for (const name of names) Reflect.deleteProperty(objects, name);
  };

/** A container that is like the shop's own but for what is changed. */
const another =
  (list: string, changes: Manifest): Change =>
  (objects) => {
    const spec = (objects.web.spec["template"] as { spec: { containers: Manifest[] } }).spec;
    put(spec, list, [{ ...structuredClone(spec.containers[0]), name: "another", ...changes }]);
  };

/** By rule: changes that break it, and it alone; and changes that it has nothing to say of. */
const CASES: Record<string, { fails: Record<string, Change>; passes?: Record<string, Change> }> = {
  "no-secrets-in-the-clear": {
    fails: {
      "a variable with a secret name": inContainer("env.0", { name: "DB_PASSWORD", value: "hunter2" }),
      "an argument": inContainer("args", ["--api-key", "4f7a9c"]),
      "a token in a ConfigMap": set("config", "data.settings", `token: ${"ghp_" + "a1B2".repeat(9)}`),
      "a token in a binary file": set("config", "binaryData", { file: btoa("x " + "AKIA" + "ABCDEFGHIJKLMNOP") }),
      "an init container": another("initContainers", { env: [{ name: "TOKEN", value: "4F7a9cAA" }] }),
    },
    passes: {
      "a reference to a Secret": inContainer("env.0", {
        name: "DB_PASSWORD",
        valueFrom: { secretKeyRef: { name: "web", key: "password" } },
      }),
      "a path to a file": inContainer("env.0", { name: "DB_PASSWORD", value: "/run/secrets/password" }),
      "a variable in an argument": inContainer("args", ["--password=$(DB_PASSWORD)"]),
    },
  },
  "pinned-images": {
    fails: {
      "no tag": inContainer("image", "example.com/shop"),
      latest: inContainer("image", "example.com/shop:latest"),
      "an init container": another("initContainers", { image: "example.com/shop" }),
      "an ephemeral container": another("ephemeralContainers", { image: "example.com/shop", resources: undefined }),
      "a mounted image": inPod("volumes", [{ name: "model", image: { reference: "example.com/model" } }]),
    },
    passes: { "a digest": inContainer("image", `example.com/shop@sha256:${"0a".repeat(32)}`) },
  },
  "requests-and-limits": {
    fails: {
      "no cpu request": inContainer("resources.requests.cpu", undefined),
      "no memory request": inContainer("resources.requests.memory", undefined),
      "no cpu limit": inContainer("resources.limits.cpu", undefined),
      "no memory limit": inContainer("resources.limits.memory", undefined),
      "nothing at all": inContainer("resources", undefined),
      "an init container": another("initContainers", { resources: {} }),
    },
    passes: {
      "an ephemeral container": another("ephemeralContainers", { resources: undefined }),
      "the whole pod's": (objects) => {
        inPod("resources", { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } })(objects);
        inContainer("resources", undefined)(objects);
      },
    },
  },
  "liveness-probe": {
    fails: { "no probe": inContainer("livenessProbe", undefined) },
    passes: {
      "an init container": another("initContainers", { livenessProbe: undefined }),
      "a job": set("migration", `${CONTAINER}.livenessProbe`, undefined),
    },
  },
  "readiness-probe": {
    fails: { "no probe": inContainer("readinessProbe", undefined) },
    passes: {
      "a sidecar": another("initContainers", { restartPolicy: "Always", readinessProbe: undefined }),
      "a job": set("migration", `${CONTAINER}.readinessProbe`, undefined),
    },
  },
  "replicas-in-production": {
    fails: {
      "an autoscaler that goes down to one": set("autoscaler", "spec.minReplicas", 1),
      "an autoscaler that says nothing": set("autoscaler", "spec.minReplicas", undefined),
      "one pod, and no autoscaler": (objects) => {
        remove("autoscaler")(objects);
        inWeb("spec.replicas", 1)(objects);
      },
      "a volume of each pod": (objects) => {
        set("database", `${POD}.volumes`, undefined)(objects);
        set("database", "spec.volumeClaimTemplates", [{ metadata: { name: "data" } }])(objects);
      },
    },
    passes: {
      "no number, and an autoscaler": inWeb("spec.replicas", undefined),
      "a number, and no autoscaler": remove("autoscaler"),
    },
  },
  "network-default-deny": {
    fails: {
      "no such policy": remove("closed"),
      "one direction": set("closed", "spec.policyTypes", ["Ingress"]),
      "an exception in it": set("closed", "spec.egress", [{}]),
      "some pods": set("closed", "spec.podSelector", { matchExpressions: [{ key: "x", operator: "DoesNotExist" }] }),
      "another namespace": set("closed", "metadata.namespace", "elsewhere"),
    },
  },
  "network-policy-per-workload": {
    fails: { "no policy": remove("webPolicy"), "a job's": remove("migrationPolicy") },
    passes: { "one direction": set("webPolicy", "spec.policyTypes", ["Egress"]) },
  },
  "standard-labels": {
    fails: {
      "an object's": set("config", "metadata.labels.app.kubernetes.io/part-of", undefined),
      "none at all": set("config", "metadata.labels", undefined),
    },
    passes: { "no version where nothing runs": set("config", "metadata.labels.app.kubernetes.io/version", undefined) },
  },
  "no-default-namespace": {
    fails: {
      "the default one": set("config", "metadata.namespace", "default"),
      none: set("config", "metadata.namespace", undefined),
    },
    passes: { "objects of the cluster": set("namespace", "metadata.namespace", undefined) },
  },
  "service-selects-pods": {
    fails: { "a typing error": set("service", "spec.selector", { "app.kubernetes.io/name": "wbe" }) },
    passes: { "no selector": set("service", "spec.selector", undefined) },
  },
  "disruption-budget-selects-pods": {
    fails: {
      "a typing error": set("budget", "spec.selector.matchLabels.app.kubernetes.io/name", "wbe"),
      "no selector": set("budget", "spec.selector", undefined),
    },
  },
  "network-policy-selects-pods": {
    fails: {
      "a policy for nobody": (objects) => {
        Object.assign(objects, {
          another: {
            ...structuredClone(objects.webPolicy),
            spec: { podSelector: { matchLabels: { x: "y" } }, policyTypes: ["Ingress"] },
          },
        });
      },
    },
  },
  "autoscaler-has-target": {
    fails: {
      "a workload that is not there": (objects) => {
        set("autoscaler", "spec.scaleTargetRef.name", "wbe")(objects);
      },
      "another kind": set("autoscaler", "spec.scaleTargetRef.kind", "StatefulSet"),
    },
    passes: { "somebody else's kind": set("autoscaler", "spec.scaleTargetRef.kind", "Rollout") },
  },
  "no-rbac-wildcards": {
    fails: {
      verbs: set("role", "rules.0.verbs", ["*"]),
      resources: set("role", "rules.0.resources", ["pods/*"]),
      groups: set("role", "rules.0.apiGroups", ["*"]),
      paths: set("role", "rules.0.nonResourceURLs", ["/metrics*"]),
    },
  },
  "no-cluster-admin": { fails: { "a binding": set("binding", "roleRef.name", "cluster-admin") } },
  "no-default-service-account": {
    fails: { none: inPod("serviceAccountName", undefined), "the default one": inPod("serviceAccountName", "default") },
  },
  "namespace-pod-security": {
    fails: {
      "no level": set("namespace", "metadata.labels.pod-security.kubernetes.io/enforce", undefined),
      baseline: set("namespace", "metadata.labels.pod-security.kubernetes.io/enforce", "baseline"),
    },
  },
  "no-changes-outside-the-program": {
    fails: {
      "a field set by hand": inWeb("metadata.managedFields", [{ manager: "kubectl-edit", operation: "Update" }]),
    },
    passes: {
      "controllers and the program": inWeb("metadata.managedFields", [
        { manager: "terrarium", operation: "Apply" },
        { manager: "kube-controller-manager", operation: "Update", subresource: "status" },
        { manager: "kubectl-edit", operation: "Update", subresource: "status" },
      ]),
    },
  },
  "pod-security-privilege-escalation": {
    fails: {
      allowed: inContainer("securityContext.allowPrivilegeEscalation", true),
      "not said": inContainer("securityContext.allowPrivilegeEscalation", undefined),
    },
  },
  "pod-security-capabilities": {
    fails: {
      "not dropped": inContainer("securityContext.capabilities", undefined),
      "one dropped": inContainer("securityContext.capabilities.drop", ["NET_RAW"]),
      "one added": inContainer("securityContext.capabilities.add", ["CHOWN"]),
    },
    passes: { "the one for low ports": inContainer("securityContext.capabilities.add", ["NET_BIND_SERVICE"]) },
  },
  "pod-security-privileged": { fails: { privileged: inContainer("securityContext.privileged", true) } },
  "pod-security-proc-mount": { fails: { unmasked: inContainer("securityContext.procMount", "Unmasked") } },
  "pod-security-host-ports": {
    fails: { "a port": inContainer("ports.0.hostPort", 8080) },
    passes: { "port 0": inContainer("ports.0.hostPort", 0) },
  },
  "pod-security-probe-hosts": {
    fails: {
      "a probe": inContainer("livenessProbe", { tcpSocket: { host: "10.0.0.1", port: 80 } }),
      "a hook": inContainer("lifecycle", { preStop: { httpGet: { host: "localhost", port: 80 } } }),
    },
  },
  "pod-security-host-namespaces": {
    fails: {
      network: (objects) => {
        inPod("hostNetwork", true)(objects);
        inContainer("ports", undefined)(objects);
      },
      processes: inPod("hostPID", true),
      memory: inPod("hostIPC", true),
    },
  },
  "pod-security-volumes": {
    fails: {
      "files of the node": inPod("volumes", [{ name: "x", hostPath: { path: "/" } }]),
      "storage past claims": inPod("volumes", [{ name: "x", nfs: { server: "x", path: "/" } }]),
      "a kind nobody knows": inPod("volumes", [{ name: "x", brandNew: {} }]),
    },
    passes: { "no kind, which is an empty folder": inPod("volumes", [{ name: "x" }]) },
  },
  "pod-security-sysctls": {
    fails: { "the kernel's": inPod("securityContext.sysctls", [{ name: "kernel.msgmax", value: "1" }]) },
  },
  "pod-security-non-root": {
    fails: {
      "not said": inPod("securityContext.runAsNonRoot", undefined),
      "a container's exception": inContainer("securityContext.runAsNonRoot", false),
    },
    passes: {
      "said for each container": (objects) => {
        inPod("securityContext.runAsNonRoot", undefined)(objects);
        inContainer("securityContext.runAsNonRoot", true)(objects);
      },
    },
  },
  "pod-security-user": {
    fails: {
      "the pod's": inPod("securityContext.runAsUser", 0),
      "a container's": inContainer("securityContext.runAsUser", 0),
    },
  },
  "pod-security-seccomp": {
    fails: {
      none: inPod("securityContext.seccompProfile", undefined),
      unconfined: inPod("securityContext.seccompProfile.type", "Unconfined"),
      "a container's": inContainer("securityContext.seccompProfile", { type: "Unconfined" }),
    },
  },
  "pod-security-app-armor": {
    fails: {
      unconfined: inContainer("securityContext.appArmorProfile", { type: "Unconfined" }),
      "an annotation": inWeb("spec.template.metadata.annotations", {
        "container.apparmor.security.beta.kubernetes.io/web": "unconfined",
      }),
    },
  },
  "pod-security-se-linux": {
    fails: {
      "a type": inPod("securityContext.seLinuxOptions", { type: "spc_t" }),
      "a user": inPod("securityContext.seLinuxOptions", { user: "sysadm_u" }),
    },
  },
  "pod-security-windows-host-process": {
    fails: { "the pod's": inPod("securityContext.windowsOptions", { hostProcess: true }) },
  },
};

/** Rules that a change can't break alone; the other tests have them. */
const ELSEWHERE = ["allowed-registries", "network-policy-coverage"];

const isPresent = (object: unknown): object is object => object !== undefined;

describe("the policy pack", () => {
  it("has nothing to say of an application that is as it should be", () => {
    assert.deepEqual(judge(Object.values(shop())).violations, []);
  });

  it("is tested rule by rule", () => {
    assert.deepEqual([...Object.keys(CASES), ...ELSEWHERE].sort(), RULES.map(({ name }) => name).sort());
  });

  for (const [rule, { fails, passes = {} }] of Object.entries(CASES)) {
    for (const [name, change] of Object.entries(fails)) {
      it(`finds by ${rule} alone: ${name}`, () => {
        const objects = shop();
        change(objects);
        assert.deepEqual(violated(Object.values(objects).filter(isPresent)), [rule]);
      });
    }
    for (const [name, change] of Object.entries(passes)) {
      it(`lets pass, also by ${rule}: ${name}`, () => {
        const objects = shop();
        change(objects);
        assert.deepEqual(violated(Object.values(objects).filter(isPresent)), []);
      });
    }
  }
});
