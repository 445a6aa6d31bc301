import { hostname } from "node:os";
import { type BrokenCluster, type Undo, undoAll } from "./broken-cluster.ts";

/** A way to break an environment that runs, and what the doctor must say first. */
export interface Breakage {
  readonly name: string;
  readonly firstLine: RegExp;
  readonly apply: (cluster: BrokenCluster) => Promise<Undo>;
}

const IMAGE = "terrarium/guestbook:0.1.0";
const NODES = ["simulated-1", "simulated-2", "simulated-3"];

/** The status of a pod whose only container is in a state, in the shape in which kubelets report it. */
function status(container: string, state: object, more: object = {}): object {
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? "True" : "False",
    ...(holds ? {} : { reason: "ContainersNotReady", message: `containers with unready status: [${container}]` }),
  });
  return {
    phase: "waiting" in state && !("lastState" in more) ? "Pending" : "Running",
    startTime: new Date(Date.now() - 120_000).toISOString().replace(/\.\d+/, ""),
    conditions: [
      condition("Initialized", true),
      condition("Ready", false),
      condition("ContainersReady", false),
      condition("PodScheduled", true),
    ],
    containerStatuses: [
      { name: container, image: IMAGE, imageID: "", ready: false, started: false, restartCount: 0, state, ...more },
    ],
  };
}

function crashed(container: string, terminated: object): object {
  const message = `back-off 1m20s restarting failed container=${container} pod=${container}`;
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const ended = { startedAt: now, finishedAt: now, containerID: "containerd://0", ...terminated };
  return status(
    container,
    { waiting: { reason: "CrashLoopBackOff", message } },
    { restartCount: 4, lastState: { terminated: ended } },
  );
}

const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const node = (name: string) => `/api/v1/nodes/${name}`;
const cordon = async (cluster: BrokenCluster): Promise<Undo> =>
  undoAll(
    ...(await Promise.all(
      NODES.map((name) =>
        cluster.patch(node(name), { spec: { unschedulable: true } }, { spec: { unschedulable: null } }),
      ),
    )),
  );

/** Ways to break the guestbook on a simulated cluster: what a kubelet would report is written as one reports it; all else is real. */
export const BREAKAGES: readonly Breakage[] = [
  {
    name: "an image that does not exist",
    firstLine:
      /^Deployment guestbook-backend can't get its image terrarium\/guestbook:0\.1\.0: there is none of that name/,
    apply: (cluster) =>
      cluster.report(
        "guestbook-backend",
        status("guestbook-backend", {
          waiting: {
            reason: "ImagePullBackOff",
            message: `Back-off pulling image "${IMAGE}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image: not found`,
          },
        }),
      ),
  },
  {
    name: "too little memory",
    firstLine: /^Deployment guestbook-backend is killed for lack of memory: .* limit of 256Mi/,
    apply: (cluster) =>
      cluster.report("guestbook-backend", crashed("guestbook-backend", { reason: "OOMKilled", exitCode: 137 })),
  },
  {
    name: "too little memory, of which the kubelet does not hear",
    firstLine: /^Deployment guestbook-worker is most likely killed for lack of memory: .* limit of /,
    apply: (cluster) =>
      cluster.report("guestbook-worker", crashed("guestbook-worker", { reason: "Error", exitCode: 137 })),
  },
  {
    name: "a command that the image does not have",
    firstLine:
      /^Deployment guestbook-mf has a container that can't be started: exec: "nope": executable file not found/,
    apply: (cluster) =>
      cluster.report(
        "guestbook-mf",
        crashed("guestbook-mf", {
          reason: "StartError",
          exitCode: 128,
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
        }),
      ),
  },
  {
    name: "a program that ends with an error",
    firstLine: /^Deployment guestbook-worker ends again and again: container guestbook-worker exits with code 1/,
    apply: (cluster) =>
      cluster.report("guestbook-worker", crashed("guestbook-worker", { reason: "Error", exitCode: 1 })),
  },
  {
    name: "a readiness probe that fails",
    firstLine:
      /^StatefulSet guestbook-auth runs, and is not ready: Readiness probe failed: HTTP probe failed with statuscode: 503/,
    apply: async (cluster) => {
      const message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
      const told = await cluster.event("Pod", "guestbook-auth-0", "Unhealthy", message);
      return undoAll(told, await cluster.report("guestbook-auth", status("guestbook-auth", running)));
    },
  },
  {
    name: "a Secret without a key",
    firstLine: /^Secret guestbook-mf has no key SESSION_SECRET, and Deployment guestbook-mf can't start without it/,
    apply: async (cluster) => {
      const path = cluster.path("v1/secrets", "guestbook-mf");
      const { data } = (await cluster.read(path)) as { data?: Record<string, string> };
      return cluster.patch(path, { data: { SESSION_SECRET: null } }, { data });
    },
  },
  {
    name: "a Secret that is gone",
    firstLine: /^Secret guestbook-auth is gone: it was removed past Terrarium/,
    apply: (cluster) => cluster.remove(cluster.path("v1/secrets", "guestbook-auth")),
  },
  {
    name: "a quota that is used up",
    firstLine: /^ResourceQuota tight is used up: Deployment guestbook-worker can't make a pod that asks for pods=1/,
    apply: async (cluster) => {
      const tight = { metadata: { name: "tight" }, spec: { hard: { pods: "1" } } };
      const quota = await cluster.create(cluster.path("v1/resourcequotas"), tight);
      await cluster.eventually("the quota in force", async () => {
        const found = (await cluster.read(cluster.path("v1/resourcequotas", "tight"))) as {
          status?: { used?: { pods?: string } };
        };
        return found.status?.used?.pods;
      });
      await cluster.endPod("guestbook-worker");
      await failedCreate(cluster, /exceeded quota: tight/);
      return async () => {
        await quota();
        // The controller waits longer after each refusal: a new pod is asked for at once where replicas change.
        const path = cluster.path("apps/v1/deployments", "guestbook-worker");
        await cluster.patch(path, { spec: { replicas: 0 } }, {});
        await cluster.patch(path, { spec: { replicas: 1 } }, {});
        await cluster.podOf("guestbook-worker");
      };
    },
  },
  {
    name: "a storage class that the cluster does not have",
    firstLine: /^PersistentVolumeClaim scratch gets no volume: the cluster has no storage class "fast"/,
    apply: (cluster) =>
      cluster.create(cluster.path("v1/persistentvolumeclaims"), {
        metadata: { name: "scratch" },
        spec: { storageClassName: "fast", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      }),
  },
  {
    name: "a network policy that is gone",
    firstLine: /^NetworkPolicy postgres is gone: it was removed past Terrarium/,
    apply: async (cluster) => {
      const policy = await cluster.remove(cluster.path("networking.k8s.io/v1/networkpolicies", "postgres"));
      return undoAll(policy, await cluster.report("guestbook-backend", status("guestbook-backend", running)));
    },
  },
  {
    name: "a migration that fails",
    firstLine: /^Migration guestbook-migrate-again has failed: container migrate ended with exit code 1/,
    apply: async (cluster) => {
      const name = "guestbook-migrate-again";
      const labels = { "app.kubernetes.io/component": "migration", "terrarium.dev/workload": name };
      const { spec: template } = await cluster.podOf("guestbook-worker");
      const [container] = template?.["containers"] as [Record<string, unknown>];
      const { securityContext, resources } = container;
      const undo = await cluster.create(cluster.path("batch/v1/jobs"), {
        metadata: { name, labels },
        spec: {
          backoffLimit: 0,
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: "Never",
              securityContext: template?.["securityContext"],
              // A Job's pod that has a node ends well at once where pods are simulated.
              nodeSelector: { "kubernetes.io/hostname": "none" },
              containers: [{ name: "migrate", image: IMAGE, securityContext, resources }],
            },
          },
        },
      });
      const { metadata } = await cluster.podOf(name, "Pending");
      const terminated = { exitCode: 1, reason: "Error" };
      const ended = {
        name: "migrate",
        image: IMAGE,
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { terminated },
      };
      await cluster.report(name, { phase: "Failed", containerStatuses: [ended] }, "Pending");
      await cluster.eventually("the Job's end", async () => {
        const found = (await cluster.read(cluster.path("batch/v1/jobs", name))) as {
          status?: { conditions?: { type: string }[] };
        };
        return found.status?.conditions?.find(({ type }) => type === "Failed");
      });
      return async () => {
        await undo();
        await cluster.delete(cluster.path("v1/pods", metadata.name));
      };
    },
  },
  {
    name: "a Deployment that somebody scaled to nothing",
    firstLine: /^Deployment guestbook-backend was changed past Terrarium: spec\.replicas is 0 and should be 1/,
    apply: async (cluster) => {
      const path = cluster.path("apps/v1/deployments", "guestbook-backend");
      const scaled = await cluster.patch(path, { spec: { replicas: 0 } }, { spec: { replicas: 1 } });
      return undoAll(
        async () => void (await cluster.podOf("guestbook-backend")),
        scaled,
        await cluster.report("guestbook-mf", status("guestbook-mf", running)),
      );
    },
  },
  {
    name: "a Service whose selector was changed",
    firstLine: /^Service guestbook-backend was changed past Terrarium: spec\.selector/,
    apply: async (cluster) => {
      const path = cluster.path("v1/services", "guestbook-backend");
      const { spec } = await cluster.read(path);
      const key = "terrarium.dev/workload";
      const selector = spec?.["selector"] as Record<string, string>;
      const back = { spec: { selector: { [key]: selector[key] } } };
      const changed = await cluster.patch(path, { spec: { selector: { [key]: "other" } } }, back);
      return undoAll(changed, await cluster.report("guestbook-mf", status("guestbook-mf", running)));
    },
  },
  {
    name: "nodes that are closed to new pods",
    firstLine: /^Node simulated-\d is cordoned: it takes no new pods/,
    apply: async (cluster) => {
      const closed = await cordon(cluster);
      await cluster.endPod("guestbook-worker");
      await unscheduled(cluster, "guestbook-worker");
      return async () => {
        await closed();
        await cluster.podOf("guestbook-worker");
      };
    },
  },
  {
    name: "a disruption budget that holds a drain",
    firstLine: /^PodDisruptionBudget guestbook-\w+ keeps node simulated-\d from being drained/,
    apply: cordon,
  },
  {
    name: "a pod that was evicted",
    firstLine: /^Deployment guestbook-worker had a pod evicted by node simulated-\d, which ran out of memory/,
    apply: (cluster) =>
      cluster.report("guestbook-worker", {
        phase: "Failed",
        reason: "Evicted",
        message:
          "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. Container guestbook-worker was using 180Mi, request is 128Mi, has larger consumption of memory.",
      }),
  },
  {
    name: "a node that is short of memory",
    firstLine: /^Node simulated-1 is short of memory, and evicts pods/,
    apply: async (cluster) => {
      const { status: before } = (await cluster.read(node("simulated-1"))) as {
        status?: { conditions?: { type: string }[] };
      };
      const conditions = before?.conditions ?? [];
      const pressure = {
        type: "MemoryPressure",
        status: "True",
        reason: "KubeletHasInsufficientMemory",
        message: "kubelet has insufficient memory available",
      };
      const others = conditions.filter(({ type }) => type !== "MemoryPressure");
      const back = { status: { conditions } };
      return cluster.patch(`${node("simulated-1")}/status`, { status: { conditions: [...others, pressure] } }, back);
    },
  },
  {
    name: "a node that ran out of memory",
    firstLine: /^Node simulated-\d ran out of memory, and its kernel ended programs/,
    apply: async (cluster) => {
      const { spec } = await cluster.podOf("guestbook-backend");
      const name = spec?.["nodeName"] as string;
      const now = new Date().toISOString().replace(/\.\d+/, "");
      const told = await cluster.create(cluster.path("v1/events", "", "default"), {
        metadata: { generateName: `${name}.` },
        involvedObject: { kind: "Node", name, uid: name },
        type: "Warning",
        reason: "SystemOOM",
        message: "System OOM encountered, victim process: node, pid: 4711",
        ...{ firstTimestamp: now, lastTimestamp: now, count: 1 },
        source: { component: "kubelet", host: name },
      });
      const killed = crashed("guestbook-backend", { reason: "OOMKilled", exitCode: 137 });
      return undoAll(told, await cluster.report("guestbook-backend", killed));
    },
  },
  {
    name: "a DNS that is down",
    firstLine: /^The cluster's DNS is down: it has no pod/,
    apply: async (cluster) => {
      const labels = { "k8s-app": "kube-dns" };
      const dns = await cluster.create(cluster.path("v1/services", "", "kube-system"), {
        metadata: { name: "kube-dns", labels },
        spec: { selector: labels, ports: [{ name: "dns", port: 53, protocol: "UDP" }] },
      });
      return undoAll(dns, await cluster.report("guestbook-backend", status("guestbook-backend", running)));
    },
  },
];

/** The content of a lock that a process of this machine holds, as Pulumi writes it. */
export function lockOf(pid: number): object {
  return { pid, username: "tester", hostname: hostname(), timestamp: new Date().toISOString() };
}

async function failedCreate(cluster: BrokenCluster, message: RegExp): Promise<void> {
  await cluster.eventually("the refusal of a pod", async () => {
    const { items } = (await cluster.read(cluster.path("v1/events"))) as unknown as { items: { message?: string }[] };
    return items.find((event) => message.test(event.message ?? ""));
  });
}

async function unscheduled(cluster: BrokenCluster, workload: string): Promise<void> {
  const selector = encodeURIComponent(`terrarium.dev/workload=${workload}`);
  await cluster.eventually("a pod without a node", async () => {
    const { items } = (await cluster.read(`${cluster.path("v1/pods")}?labelSelector=${selector}`)) as unknown as {
      items: { status?: { conditions?: { reason?: string }[] } }[];
    };
    return items.find(({ status: told }) => told?.conditions?.some(({ reason }) => reason === "Unschedulable"));
  });
}
