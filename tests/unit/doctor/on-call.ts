import type { Breakage } from "./breakages.ts";
import { containerStatus, event, type healthy, LATELY, setPod, setReady, SHOP } from "./shop.ts";

type Shop = ReturnType<typeof healthy>;

const POD = "web-7d4b9c-x1";
const running = { running: { startedAt: LATELY } };

function cantPull(facts: Shop, told: string): void {
  const message = `Back-off pulling image "example.com/web:1.0.0": ErrImagePull: failed to pull and unpack image: ${told}`;
  setPod(facts, "web", containerStatus("web", { waiting: { reason: "ImagePullBackOff", message } }));
  facts.objects.Node = facts.objects.Node?.map((node) => ({
    ...node,
    status: { ...node.status, nodeInfo: { operatingSystem: "linux", architecture: "amd64" } },
  }));
}

/** A container that has ended, and what it has written. */
export function ended(facts: Shop, terminated: object, ...lines: string[]): void {
  const waiting = { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container" };
  const lastState = { terminated: { finishedAt: LATELY, ...terminated } };
  setPod(facts, "web", containerStatus("web", { waiting }, { restartCount: 4, lastState }));
  facts.logs = [{ namespace: SHOP, pod: POD, container: "web", lines }];
}

function unready(facts: Shop, probe: string, ...lines: string[]): void {
  setPod(facts, "web", containerStatus("web", running));
  event(facts, "Pod", POD, "Unhealthy", `Readiness probe failed: ${probe}`);
  facts.logs = [{ namespace: SHOP, pod: POD, container: "web", lines }];
}

function refuse(facts: Shop, message: string): void {
  setReady(facts, "web", 0);
  facts.objects.Pod = facts.objects.Pod?.filter(({ metadata }) => metadata?.name !== POD);
  event(facts, "ReplicaSet", "web-7d4b9c", "FailedCreate", `Error creating: ${message}`);
}

/** A pod that no node takes. */
function unplaced(facts: Shop, message: string, spec: object = {}): void {
  const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
  setPod(facts, "web", { phase: "Pending", containerStatuses: [], conditions });
  facts.objects.Pod = facts.objects.Pod?.map((pod) =>
    pod.metadata?.name === POD ? { ...pod, spec: { ...pod.spec, nodeName: undefined, ...spec } } : pod,
  );
}

/** A pod whose first container runs, so that its others wait. */
function initializing(facts: Shop, restartPolicy: string | undefined, startTime: string, ...lines: string[]): void {
  const initContainerStatuses = [{ name: "wait", ready: false, state: { running: { startedAt: startTime } } }];
  const waiting = { waiting: { reason: "PodInitializing" } };
  const status = containerStatus("web", waiting);
  setPod(facts, "web", { ...status, phase: "Pending", startTime, initContainerStatuses });
  facts.objects.Pod = facts.objects.Pod?.map((pod) =>
    pod.metadata?.name === POD
      ? { ...pod, spec: { ...pod.spec, initContainers: [{ name: "wait", restartPolicy }] } }
      : pod,
  );
  facts.logs = [{ namespace: SHOP, pod: POD, container: "wait", lines }];
}

/** Postgres's pod was deleted; nothing that calls it has noticed yet. */
function deleted(facts: Shop, deletionTimestamp: string, metadata: object = {}): void {
  facts.objects.Pod = facts.objects.Pod?.map((pod) =>
    pod.metadata?.name === "postgres-0"
      ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp, ...metadata } }
      : pod,
  );
  setReady(facts, "postgres", 0);
}

function unreadable(facts: Shop, why: string): void {
  const { Namespace, Node, Service, NetworkPolicy } = facts.objects;
  facts.objects = { Namespace, Node, Service, NetworkPolicy };
  facts.unread = [{ source: `pods and what makes them in ${SHOP}`, why }];
}

/** Ways in which environments break at night, each with what must be said first. */
export const ON_CALL: readonly Breakage[] = [
  {
    name: "an image that is built for other processors only",
    firstLine: /^Deployment web can't get its image example.com\/web:1.0.0: there is none for linux\/amd64\.$/,
    change: (facts) => {
      cantPull(facts, 'failed to resolve "example.com/web:1.0.0": no match for platform in manifest: not found');
    },
  },
  {
    name: "a program that is built for another processor",
    firstLine:
      /^Deployment web has a program that its node can't run: \/app\/web is not built for its node's processor\.$/,
    change: (facts) => {
      ended(facts, { exitCode: 255, reason: "Error" }, "exec /app/web: exec format error");
    },
  },
  {
    name: "a program that is built for another processor, of which the runtime tells",
    firstLine: /^Deployment web has a program that its node can't run: \/app\/web is not built for/,
    change: (facts) => {
      const message =
        'failed to create containerd task: runc create failed: exec: "/app/web": exec format error: unknown';
      ended(facts, { exitCode: 128, reason: "StartError", message });
    },
  },
  {
    name: "a registry that allows no more pulls",
    firstLine: /: the registry allows no more pulls for a while\.$/,
    change: (facts) => {
      cantPull(facts, "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit");
    },
  },
  {
    name: "a registry that tells nobody what it has",
    firstLine: /: there is none of that name, or the registry refuses access\.$/,
    change: (facts) => {
      cantPull(facts, "pull access denied, repository does not exist or may require authorization: server message");
    },
  },
  {
    name: "a registry whose certificate nobody knows",
    firstLine: /: the node does not trust the registry's certificate\.$/,
    change: (facts) => {
      cantPull(facts, "tls: failed to verify certificate: x509: certificate signed by unknown authority");
    },
  },
  {
    name: "a readiness probe that asks a port on which nothing listens",
    firstLine: /^Deployment web runs, and is not ready: nothing listens where its probe asks: Readiness probe failed: /,
    change: (facts) => {
      unready(
        facts,
        'Get "http://10.244.0.7:9/ready": dial tcp 10.244.0.7:9: connect: connection refused',
        "listening",
      );
    },
  },
  {
    name: "a program that does not listen because what it calls refuses it",
    firstLine: /^Deployment web runs, and is not ready: a connection is refused: nothing listens there\.$/,
    change: (facts) => {
      const probe = "dial tcp 10.244.0.7:8080: connect: connection refused";
      unready(facts, probe, "Error: connect ECONNREFUSED 10.96.0.9:5432");
    },
  },
  {
    name: "a readiness probe that gets no answer in time, which no policy is the reason of",
    firstLine: /^Deployment web runs, and is not ready: Readiness probe failed: Get .* \(Client\.Timeout exceeded/,
    change: (facts) => {
      unready(facts, 'Get "http://10.244.0.7:8080/ready": context deadline exceeded (Client.Timeout exceeded)');
    },
  },
  {
    name: "an init container that waits for what never comes",
    firstLine: /^Deployment web waits for its init container wait to end: it can't resolve a name\.$/,
    change: (facts) => {
      initializing(facts, undefined, "2029-06-01T11:59:55Z", "Error: getaddrinfo ENOTFOUND nowhere");
    },
  },
  {
    name: "an init container that says nothing, and does not end",
    firstLine: /^Deployment web waits for its init container wait to end: it has run since 2029-06-01T11:50:00Z\.$/,
    change: (facts) => {
      initializing(facts, undefined, "2029-06-01T11:50:00Z");
    },
  },
  {
    name: "what comes after a container that serves beside the others",
    firstLine: /^Deployment web has 0 of 1 pods ready\.$/,
    change: (facts) => {
      initializing(facts, "Always", "2029-06-01T11:50:00Z");
    },
  },
  {
    name: "a pod that was deleted and that something holds",
    firstLine: /^StatefulSet postgres has a pod that was deleted and does not go: example\.com\/held holds it\.$/,
    change: (facts) => {
      deleted(facts, "2029-06-01T11:50:00Z", { finalizers: ["example.com/held"] });
    },
  },
  {
    name: "a pod that was deleted and that its node does not end",
    firstLine: /^StatefulSet postgres has a pod that was deleted and does not go: node node-1 has not ended it\.$/,
    change: (facts) => {
      deleted(facts, "2029-06-01T11:50:00Z");
      event(facts, "Pod", "postgres-0", "FailedKillPod", "error killing pod: context deadline exceeded");
    },
  },
  {
    name: "a node that is away, before the pod that it does not end",
    firstLine: /^Node node-1 is not ready: Kubelet stopped posting node status\.$/,
    change: (facts) => {
      deleted(facts, "2029-06-01T11:50:00Z");
      const conditions = [{ type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." }];
      facts.objects.Node = [{ metadata: { name: "node-1" }, status: { conditions } }];
    },
  },
  {
    name: "nothing of a pod that is on its way",
    firstLine: /^StatefulSet postgres has 0 of 1 pods ready\.$/,
    change: (facts) => {
      deleted(facts, "2029-06-01T12:00:20Z");
    },
  },
  {
    name: "an admission webhook that does not answer",
    firstLine: /^Deployment web can't make its pods: the admission webhook check\.example\.com does not answer\.$/,
    change: (facts) => {
      const post = 'Post "https://check.default.svc:443/": service "check" not found';
      refuse(
        facts,
        `Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: ${post}`,
      );
    },
  },
  {
    name: "an admission webhook that forbids pods",
    firstLine:
      /^Deployment web can't make its pods: the admission webhook check\.example\.com forbids them: no owner\.$/,
    change: (facts) => {
      refuse(facts, 'admission webhook "check.example.com" denied the request: no owner');
    },
  },
  {
    name: "a node selector that no node has",
    firstLine: /^Deployment web finds no node that it may run on: none has the label disk=fast\.$/,
    change: (facts) => {
      const message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1";
      unplaced(facts, message, { nodeSelector: { disk: "fast" } });
    },
  },
  {
    name: "a volume that lies on a node that takes no pods",
    firstLine: /^Deployment web finds no node: those that can have its volume do not take it\.$/,
    change: (facts) => {
      unplaced(
        facts,
        "0/2 nodes are available: 1 node(s) were unschedulable, 1 node(s) had volume node affinity conflict.",
      );
    },
  },
  {
    name: "a role that may have no more connections",
    firstLine: /^StatefulSet postgres takes no more connections of role shop: all that it may have are in use\.$/,
    change: (facts) => {
      ended(facts, { exitCode: 1, reason: "Error" }, "too many connections");
      const lines = ['FATAL:  too many connections for role "shop"'];
      facts.calls = [{ from: "web", to: "postgres" }];
      facts.logs = [...facts.logs, { namespace: SHOP, pod: "postgres-0", container: "postgres", lines }];
    },
  },
  {
    name: "pods that can't be read: nobody knows whether they are well",
    firstLine: /^The pods of shop-dev can't be read: kubectl gave no answer within 12 s\.$/,
    change: (facts) => {
      unreadable(facts, "kubectl gave no answer within 12 s");
    },
  },
  {
    name: "pods that one may not read",
    firstLine: /^The pods of shop-dev can't be read: Error from server \(Forbidden\): pods is forbidden\.$/,
    change: (facts) => {
      unreadable(facts, "Error from server (Forbidden): pods is forbidden");
    },
  },
  {
    name: "what a data store has refused last",
    firstLine: /^StatefulSet postgres takes no more connections of role shop: /,
    change: (facts) => {
      const lines = [
        'FATAL:  password authentication failed for user "shop"',
        'FATAL:  too many connections for role "shop"',
      ];
      facts.logs = [{ namespace: SHOP, pod: "postgres-0", container: "postgres", lines }];
    },
  },
];
