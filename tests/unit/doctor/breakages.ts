import type { StateResource } from "../../../stacks/pending-operations.ts";
import { condition, containerStatus, event, type healthy, LATELY, pod, setPod, setReady, SHOP } from "./shop.ts";

/** A way to break an environment, and what must be said first. */
export interface Breakage {
  readonly name: string;
  readonly firstLine: RegExp;
  readonly change: (facts: ReturnType<typeof healthy>) => void;
}

const notReady = (service: string) => containerStatus(service, { running: { startedAt: LATELY } });
const crashed = (service: string, terminated: object) =>
  containerStatus(
    service,
    { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container" } },
    { restartCount: 4, lastState: { terminated: { finishedAt: LATELY, ...terminated } } },
  );
const unscheduled = (message: string) => ({
  phase: "Pending",
  containerStatuses: [],
  conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
});
const inState = (type: string, inputs: object): StateResource => ({
  urn: "urn",
  type,
  inputs: inputs,
});
const lock = { key: "lock", place: "state/lock.json", owner: "ann@host, process 77" };
const log = (podName: string, container: string, ...lines: string[]) => ({
  namespace: SHOP,
  pod: podName,
  container,
  lines,
});

/** Everything in it is broken in one way each, with the symptoms that come of it. */
export const BREAKAGES: readonly Breakage[] = [
  {
    name: "an image that does not exist",
    firstLine: /^Deployment web can't get its image example.com\/web:1.0.0: there is none of that name\.$/,
    change: (facts) => {
      setPod(
        facts,
        "web",
        containerStatus("web", {
          waiting: {
            reason: "ImagePullBackOff",
            message: 'Back-off pulling image "example.com/web:1.0.0": ErrImagePull: not found',
          },
        }),
      );
    },
  },
  {
    name: "a registry that refuses access",
    firstLine: /registry refuses access/,
    change: (facts) => {
      setPod(
        facts,
        "web",
        containerStatus("web", {
          waiting: { reason: "ErrImagePull", message: "pull access denied, authorization failed" },
        }),
      );
    },
  },
  {
    name: "too little memory",
    firstLine: /^Deployment api is killed for lack of memory: container api needs more than its limit of 256Mi\.$/,
    change: (facts) => {
      setPod(facts, "api", crashed("api", { reason: "OOMKilled", exitCode: 137 }));
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a command that the image does not have",
    firstLine:
      /^Deployment api has a container that can't be started: exec: "nope": executable file not found in \$PATH\.$/,
    change: (facts) => {
      setPod(
        facts,
        "api",
        crashed("api", {
          reason: "StartError",
          exitCode: 128,
          message:
            'failed to create containerd task: OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown',
        }),
      );
    },
  },
  {
    name: "a program that ends with an error",
    firstLine: /^Deployment api ends again and again: container api exits with code 1 \(Error: no PORT\)\.$/,
    change: (facts) => {
      setPod(facts, "api", crashed("api", { reason: "Error", exitCode: 1 }));
      facts.logs = [log("api-7d4b9c-x1", "api", "starting", "Error: no PORT", "    at main.js:1")];
    },
  },
  {
    name: "a readiness probe that fails",
    firstLine:
      /^Deployment api runs, and is not ready: Readiness probe failed: HTTP probe failed with statuscode: 404\.$/,
    change: (facts) => {
      setPod(facts, "api", notReady("api"));
      setPod(facts, "web", notReady("web"));
      event(
        facts,
        "Pod",
        "api-7d4b9c-x1",
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 404",
      );
    },
  },
  {
    name: "a liveness probe that fails",
    firstLine: /^Deployment web is ended again and again, because its liveness probe fails/,
    change: (facts) => {
      setPod(facts, "web", crashed("web", { reason: "Error", exitCode: 137 }));
      event(
        facts,
        "Pod",
        "web-7d4b9c-x1",
        "Unhealthy",
        "Liveness probe failed: HTTP probe failed with statuscode: 500",
      );
    },
  },
  {
    name: "a Secret without a key",
    firstLine: /^Secret api has no key KEY, and Deployment api can't start without it\.$/,
    change: (facts) => {
      facts.secrets = facts.secrets?.map((secret) => (secret.name === "api" ? { ...secret, keys: [] } : secret));
      setPod(
        facts,
        "api",
        containerStatus("api", {
          waiting: { reason: "CreateContainerConfigError", message: `couldn't find key KEY in Secret ${SHOP}/api` },
        }),
      );
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a Secret without a key that the configuration puts there",
    firstLine: /^Secret web has no key SESSION_SECRET, and Deployment web can't start without it\.$/,
    change: (facts) => {
      facts.secretNeeds = [{ name: "web", keys: ["SESSION_SECRET"] }];
      setPod(facts, "web", crashed("web", { reason: "Error", exitCode: 1 }));
    },
  },
  {
    name: "a Secret that is gone",
    firstLine: /^Secret api is gone: it was removed past Terrarium\.$/,
    change: (facts) => {
      facts.secrets = facts.secrets?.filter(({ name }) => name !== "api");
      facts.state = {
        pending: [],
        resources: [inState("kubernetes:core/v1:Secret", { metadata: { name: "api", namespace: SHOP } })],
      };
      setPod(
        facts,
        "api",
        containerStatus("api", {
          waiting: { reason: "CreateContainerConfigError", message: 'secret "api" not found' },
        }),
      );
    },
  },
  {
    name: "a quota that is used up",
    firstLine: /^ResourceQuota quota is used up: Deployment web can't make a pod that asks for limits.memory=256Mi/,
    change: (facts) => {
      setReady(facts, "web", 0);
      facts.objects.Pod = facts.objects.Pod?.filter(({ metadata }) => metadata?.name !== "web-7d4b9c-x1");
      event(
        facts,
        "ReplicaSet",
        "web-7d4b9c",
        "FailedCreate",
        'Error creating: pods "web-7d4b9c-9" is forbidden: exceeded quota: quota, requested: limits.memory=256Mi, used: limits.memory=1Gi, limited: limits.memory=1Gi',
      );
    },
  },
  {
    name: "pods that Pod Security forbids",
    firstLine: /^Deployment web can't make its pods: they violate the Pod Security/,
    change: (facts) => {
      setReady(facts, "web", 0);
      facts.objects.Pod = facts.objects.Pod?.filter(({ metadata }) => metadata?.name !== "web-7d4b9c-x1");
      event(
        facts,
        "ReplicaSet",
        "web-7d4b9c",
        "FailedCreate",
        'pods "web-7d4b9c-9" is forbidden: violates PodSecurity "restricted:v1.34": allowPrivilegeEscalation != false',
      );
    },
  },
  {
    name: "a storage class that the cluster does not have",
    firstLine: /^PersistentVolumeClaim postgres-data gets no volume: the cluster has no storage class "fast"\.$/,
    change: (facts) => {
      facts.objects.PersistentVolumeClaim = [
        {
          metadata: { namespace: SHOP, name: "postgres-data" },
          spec: { storageClassName: "fast" },
          status: { phase: "Pending" },
        },
      ];
      setPod(
        facts,
        "postgres",
        unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
      );
      setPod(facts, "api", notReady("api"));
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a network policy that is gone",
    firstLine: /^NetworkPolicy api is gone: it was removed past Terrarium\.$/,
    change: (facts) => {
      const policy = facts.objects.NetworkPolicy?.find(({ metadata }) => metadata?.name === "api");
      facts.objects.NetworkPolicy = facts.objects.NetworkPolicy?.filter((entry) => entry !== policy);
      facts.state = {
        pending: [],
        resources: [inState("kubernetes:networking.k8s.io/v1:NetworkPolicy", policy ?? {})],
      };
      setPod(facts, "api", notReady("api"));
      facts.logs = [log("api-7d4b9c-x1", "api", "connect ETIMEDOUT 10.0.0.7:5432")];
    },
  },
  {
    name: "a migration that fails",
    firstLine: /^Migration migrate has failed: ERROR: relation "entries" already exists$/,
    change: (facts) => {
      facts.objects.Job = facts.objects.Job?.map((job) => ({
        ...job,
        status: {
          failed: 3,
          conditions: [
            {
              type: "Failed",
              status: "True",
              reason: "BackoffLimitExceeded",
              message: "Job has reached the specified backoff limit",
            },
          ],
        },
      }));
      facts.objects.Pod = [
        ...(facts.objects.Pod ?? []),
        pod(
          "migrate-x1",
          { kind: "Job", name: "migrate" },
          {
            phase: "Failed",
            containerStatuses: [{ name: "migrate", state: { terminated: { exitCode: 1, reason: "Error" } } }],
          },
        ),
      ];
      facts.logs = [log("migrate-x1", "migrate", 'ERROR: relation "entries" already exists')];
      setPod(facts, "api", notReady("api"));
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a lock whose owner lives",
    firstLine: /^An update of dev runs: process 77 has held its lock since/,
    change: (facts) => {
      facts.locks = [{ ...lock, verdict: "live", pid: 77, since: LATELY }];
    },
  },
  {
    name: "a lock whose owner is dead",
    firstLine: /^An update of dev was killed and has left its lock: that process has ended\.$/,
    change: (facts) => {
      facts.locks = [{ ...lock, verdict: "dead", proof: "that process has ended" }];
      facts.state = { resources: [], pending: ["creating Deployment web"] };
    },
  },
  {
    name: "a change by hand",
    firstLine: /^Deployment api was changed past Terrarium: spec.replicas is 0 and should be 1\.$/,
    change: (facts) => {
      facts.state = {
        pending: [],
        resources: [
          inState("kubernetes:apps/v1:Deployment", {
            metadata: { name: "api", namespace: SHOP },
            spec: { replicas: 1 },
          }),
        ],
      };
      facts.objects.Deployment = facts.objects.Deployment?.map((entry) =>
        entry.metadata?.name === "api" ? { ...entry, spec: { ...entry.spec, replicas: 0 }, status: {} } : entry,
      );
      facts.objects.Pod = facts.objects.Pod?.filter(({ metadata }) => metadata?.name !== "api-7d4b9c-x1");
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a password that Postgres refuses",
    firstLine: /^StatefulSet postgres refuses the password of user shop: it is not the one that its clients have\.$/,
    change: (facts) => {
      facts.logs = [log("postgres-0", "postgres", 'FATAL:  password authentication failed for user "shop"')];
      setPod(facts, "api", crashed("api", { reason: "Error", exitCode: 1 }));
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a node under pressure that evicts",
    firstLine: /^Node node-1 is short of memory, and evicts pods\.$/,
    change: (facts) => {
      facts.objects.Node = [
        {
          metadata: { name: "node-1" },
          status: {
            conditions: [
              { type: "Ready", status: "True" },
              { type: "MemoryPressure", status: "True", message: "kubelet has insufficient memory available" },
            ],
          },
        },
      ];
      setPod(facts, "web", {
        phase: "Failed",
        reason: "Evicted",
        message: "The node was low on resource: memory. Threshold quantity: 100Mi",
      });
    },
  },
  {
    name: "a pod that was evicted, on a node that has recovered",
    firstLine: /^Deployment web had a pod evicted by node node-1, which ran out of memory\.$/,
    change: (facts) => {
      setPod(facts, "web", {
        phase: "Failed",
        reason: "Evicted",
        message: "The node was low on resource: memory. Threshold quantity: 100Mi",
      });
    },
  },
  {
    name: "a node that is closed to new pods",
    firstLine: /^Node node-1 is cordoned: it takes no new pods\.$/,
    change: (facts) => {
      facts.objects.Node = facts.objects.Node?.map((node) => ({ ...node, spec: { unschedulable: true } }));
      setPod(facts, "web", unscheduled("0/1 nodes are available: 1 node(s) were unschedulable."));
    },
  },
  {
    name: "a node that is away",
    firstLine: /^Node node-1 is not ready: Kubelet stopped posting node status\.$/,
    change: (facts) => {
      facts.objects.Node = [
        {
          metadata: { name: "node-1" },
          status: {
            conditions: [{ type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." }],
          },
        },
      ];
      for (const name of ["web", "api", "postgres"]) setPod(facts, name, notReady(name));
    },
  },
  {
    name: "requests larger than any node",
    firstLine: /^Deployment web finds no node with enough memory\.$/,
    change: (facts) => {
      setPod(
        facts,
        "web",
        unscheduled("0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available."),
      );
    },
  },
  {
    name: "a Service that selects no pod",
    firstLine: /^Service api selects no pod: none has the labels app=other\.$/,
    change: (facts) => {
      facts.objects.Service = facts.objects.Service?.map((service) =>
        service.metadata?.name === "api" ? { ...service, spec: { selector: { app: "other" } } } : service,
      );
      setPod(facts, "web", notReady("web"));
    },
  },
  {
    name: "a DNS that is down",
    firstLine: /^The cluster's DNS is down: it has no pod, so no service finds another by name\.$/,
    change: (facts) => {
      facts.objects.Service = [
        ...(facts.objects.Service ?? []),
        { metadata: { namespace: "kube-system", name: "kube-dns" }, spec: { selector: { "k8s-app": "kube-dns" } } },
      ];
      setPod(facts, "api", notReady("api"));
      setPod(facts, "web", notReady("web"));
      facts.logs = [log("api-7d4b9c-x1", "api", "getaddrinfo EAI_AGAIN postgres")];
    },
  },
  {
    name: "a volume that is full",
    firstLine: /^The volume of PersistentVolumeClaim postgres-data is full\.$/,
    change: (facts) => {
      facts.objects.Pod = facts.objects.Pod?.map((entry) =>
        entry.metadata?.name === "postgres-0"
          ? {
              ...entry,
              spec: {
                ...entry.spec,
                volumes: [{ name: "data", persistentVolumeClaim: { claimName: "postgres-data" } }],
              },
            }
          : entry,
      );
      setPod(facts, "postgres", crashed("postgres", { reason: "Error", exitCode: 1 }));
      setPod(facts, "api", notReady("api"));
      facts.logs = [
        log("postgres-0", "postgres", 'FATAL:  could not write lock file "postmaster.pid": No space left on device'),
      ];
    },
  },
  {
    name: "a disruption budget that holds a drain",
    firstLine: /^PodDisruptionBudget web keeps node node-1 from being drained: no pod of it may be away\.$/,
    change: (facts) => {
      facts.objects.Node = facts.objects.Node?.map((node) => ({ ...node, spec: { unschedulable: true } }));
      facts.objects.PodDisruptionBudget = [
        {
          metadata: { namespace: SHOP, name: "web" },
          spec: { selector: { matchLabels: { "terrarium.dev/workload": "web" } } },
          status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 },
        },
      ];
    },
  },
  {
    name: "a target that Prometheus can't read",
    firstLine: /^Prometheus can't read the metrics of Deployment api: connection refused\.$/,
    change: (facts) => {
      facts.downTargets = [{ service: "api", pod: "api-7d4b9c-x1", error: "connection refused" }];
      facts.alerts = [{ name: "TargetDown", service: "api", severity: "warning", summary: "Pod api does not answer" }];
    },
  },
  {
    name: "a namespace that is gone",
    firstLine: /^shop-dev is not up: the cluster has no namespace of that name\.$/,
    change: (facts) => {
      facts.objects = { Namespace: [], Deployment: [], Node: facts.objects.Node };
      facts.secrets = [];
      facts.state = {
        pending: [],
        resources: [inState("kubernetes:apps/v1:Deployment", { metadata: { name: "api", namespace: SHOP } })],
      };
    },
  },
  {
    name: "a cluster that does not run",
    firstLine: /^The cluster of dev is not there\.$/,
    change: (facts) => {
      facts.clusterProblem = "The cluster of dev is not there.";
      facts.objects = {};
    },
  },
  {
    name: "a preview whose update took too long, because of a pod",
    firstLine: /^Deployment web can't get its image/,
    change: (facts) => {
      facts.conditions = [condition("Ready", "False", "Timeout", "It took longer than 30m.")];
      setPod(facts, "web", containerStatus("web", { waiting: { reason: "ErrImagePull", message: "not found" } }));
    },
  },
  {
    name: "a preview whose update took too long, and nothing else is seen",
    firstLine: /^Timeout: It took longer than 30m\.$/,
    change: (facts) => {
      facts.conditions = [condition("Ready", "False", "Timeout", "It took longer than 30m.")];
    },
  },
  {
    name: "a preview that policies forbid, which has no namespace",
    firstLine: /^PolicyViolation: Policies forbid it: pinned-images: Deployment\/web$/,
    change: (facts) => {
      const message = "Policies forbid it: pinned-images: Deployment/web";
      facts.conditions = [condition("Ready", "False", "PolicyViolation", message)];
      facts.objects = { Namespace: [], Node: facts.objects.Node };
    },
  },
  {
    name: "a preview that waits in line",
    firstLine: /^UserCap: It is number 2 in the line for a place\.$/,
    change: (facts) => {
      facts.conditions = [
        condition("Ready", "False", "Queued", "It waits."),
        condition("Admitted", "False", "UserCap", "It is number 2 in the line for a place."),
      ];
      facts.objects = { Namespace: [], Node: facts.objects.Node };
    },
  },
  {
    name: "a preview whose deletion is held",
    firstLine: /^NamespaceHeld: Still there: namespace shop-dev: finalizer example\.com\/held$/,
    change: (facts) => {
      const message = "Still there: namespace shop-dev: finalizer example.com/held";
      facts.conditions = [
        condition("Ready", "False", "Terminating", "It is being deleted."),
        condition("DeleteBlocked", "True", "NamespaceHeld", message),
      ];
      facts.objects = { Namespace: [{ metadata: { name: SHOP, deletionTimestamp: LATELY } }] };
    },
  },
  {
    name: "a namespace that is being deleted",
    firstLine: /^Namespace shop-dev is being deleted since .*: Some content in the namespace has finalizers remaining$/,
    change: (facts) => {
      const message = "Some content in the namespace has finalizers remaining";
      const status = { conditions: [{ type: "NamespaceFinalizersRemaining", status: "True", message }] };
      facts.objects = { Namespace: [{ metadata: { name: SHOP, deletionTimestamp: LATELY }, status }] };
    },
  },
  {
    name: "a preview that somebody changed by hand",
    firstLine: /^Drifted: Deployment\/web is not as wanted$/,
    change: (facts) => {
      facts.conditions = [
        condition("Ready", "True", "Ready", "It runs."),
        condition("InSync", "False", "Drifted", "Deployment/web is not as wanted"),
      ];
    },
  },
  {
    name: "a pod that was evicted for too full a temporary volume",
    firstLine: /^Deployment web had a pod evicted by node node-1: its volume "tmp" holds more than its limit of 1Mi\.$/,
    change: (facts) => {
      const message = 'Usage of EmptyDir volume "tmp" exceeds the limit "1Mi". ';
      setPod(facts, "web", { phase: "Failed", reason: "Evicted", message });
    },
  },
  {
    name: "a pod that is being evicted",
    firstLine: /^Deployment web had a pod evicted by node node-1: its volume "tmp" holds more than its limit of 1Mi\.$/,
    change: (facts) => {
      setPod(facts, "web", notReady("web"));
      event(facts, "Pod", "web-7d4b9c-x1", "Evicted", 'Usage of EmptyDir volume "tmp" exceeds the limit "1Mi". ');
    },
  },
  {
    name: "a pod that was evicted for what it has written",
    firstLine:
      /^Deployment web had a pod evicted by node node-1: it has written more to the node's disk than its limit of 1Gi\.$/,
    change: (facts) => {
      const message = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ";
      setPod(facts, "web", { phase: "Failed", reason: "Evicted", message });
    },
  },
  {
    name: "a temporary volume that is full",
    firstLine:
      /^Deployment web has no space left on a temporary volume: Error: ENOSPC: no space left on device, write\.$/,
    change: (facts) => {
      setPod(facts, "web", crashed("web", { reason: "Error", exitCode: 1 }));
      facts.logs = [log("web-7d4b9c-x1", "web", "starting", "Error: ENOSPC: no space left on device, write")];
    },
  },
  {
    name: "a liveness probe that fails a program that ends well when it is told to",
    firstLine: /^Deployment web is ended again and again, because its liveness probe fails/,
    change: (facts) => {
      const terminated = { exitCode: 0, reason: "Completed", finishedAt: LATELY };
      const again = { restartCount: 2, lastState: { terminated } };
      setPod(facts, "web", containerStatus("web", { running: { startedAt: LATELY } }, again));
      event(facts, "Pod", "web-7d4b9c-x1", "Unhealthy", "Liveness probe failed: HTTP probe failed: 404");
    },
  },
  {
    name: "a readiness probe that fails a pod that has just begun",
    firstLine:
      /^Deployment web runs, and is not ready: Readiness probe failed: HTTP probe failed with statuscode: 404\.$/,
    change: (facts) => {
      const startTime = "2029-06-01T11:59:55Z";
      setPod(facts, "web", { ...containerStatus("web", { running: { startedAt: startTime } }), startTime });
      const message = "Readiness probe failed: HTTP probe failed with statuscode: 404";
      event(facts, "Pod", "web-7d4b9c-x1", "Unhealthy", message);
    },
  },
];
