import assert from "node:assert/strict";
import fc from "fast-check";
import { ANSWER_MS, gather } from "../../../doctor/gather/index.ts";
import { withoutSecrets } from "../../../doctor/gather/logs.ts";
import type { ClusterReader } from "../../../stacks/cluster-objects.ts";

const TARGET = { name: "shop-dev", stack: "dev", repair: "up", kubectl: "kubectl" };

interface Script {
  /** Nodes of the cluster. */
  readonly nodes?: readonly object[];
  readonly pods?: readonly object[];
  /** Starts of command lines that fail. */
  readonly failing?: readonly string[];
}

const route = { kind: "HTTPRoute", metadata: { name: "web", namespace: "shop-dev" } };

/** A cluster that answers what is asked of it, and notes that. */
function scripted({ nodes = [node()], pods = [], failing = [] }: Script = {}) {
  const calls: string[] = [];
  const answers: readonly (readonly [RegExp, () => unknown])[] = [
    [
      /^get namespace,node,storageclass/,
      () => ({ items: [{ kind: "Namespace", metadata: { name: "shop-dev" } }, ...nodes] }),
    ],
    [
      /^get event --namespace default --field-selector involvedObject\.kind=Node,type=Warning/,
      () => ({ items: [{ kind: "Event", reason: "SystemOOM", involvedObject: { kind: "Node", name: "node-1" } }] }),
    ],
    [/^get daemonset,.*--namespace shop-dev/, () => ({ items: pods })],
    [/^get configmap,.*--namespace shop-dev/, () => ({ items: [] })],
    [/^get deployment,.*k8s-app=kube-dns/, () => ({ items: [] })],
    [/^get networkpolicy --namespace kube-system/, () => ({ items: [{ kind: "NetworkPolicy" }] })],
    [/^get httproutes.* --namespace shop-dev/, () => ({ items: [route] })],
    [/^get secrets/, () => "shop-dev web SESSION_SECRET TOKEN\n"],
    [
      /^get --raw .*stats\/summary/,
      () => ({
        pods: [{ volume: [{ usedBytes: 9, capacityBytes: 10, pvcRef: { name: "data", namespace: "shop-dev" } }] }],
      }),
    ],
    [
      /^get --raw .*targets/,
      () => ({
        data: {
          activeTargets: [
            { health: "down", lastError: "refused", labels: { service: "web", pod: "web-1" } },
            { health: "up" },
          ],
        },
      }),
    ],
    [
      /^get --raw .*alerts/,
      () => ({
        data: {
          alerts: [
            {
              state: "firing",
              labels: { alertname: "TargetDown", severity: "warning" },
              annotations: { summary: "It is down" },
            },
            { state: "pending" },
          ],
        },
      }),
    ],
    [/^logs/, () => "starting\npassword=hunter2 is wrong\n"],
  ];
  const reader: ClusterReader = {
    kubectl: "kubectl",
    access: {},
    env: {},
    run: (_, args, { timeoutMs }) => {
      const call = args.join(" ");
      calls.push(call);
      assert.equal(timeoutMs, ANSWER_MS);
      const answer = answers.find(([pattern]) => pattern.test(call))?.[1]();
      if (answer === undefined || failing.some((start) => call.startsWith(start)))
        return Promise.resolve({ code: 1, stdout: "", stderr: "no answer" });
      return Promise.resolve({
        code: 0,
        stdout: typeof answer === "string" ? answer : JSON.stringify(answer),
        stderr: "",
      });
    },
  };
  return { reader, calls };
}

function node(annotations: object = {}): object {
  return { kind: "Node", metadata: { name: "node-1", annotations } };
}

/** A pod with one container. */
function pod(name: string, status: object, labels: object = {}): object {
  return {
    kind: "Pod",
    metadata: { name, namespace: "shop-dev", labels },
    spec: { nodeName: "node-1" },
    status: { containerStatuses: [{ name: "main", ...status }] },
  };
}

const gatherFrom = (reader: ClusterReader, more: object = {}) =>
  gather({ target: TARGET, reader, namespaces: ["shop-dev"], prometheusPort: 9090, others: [], ...more });

describe("what the doctor reads", () => {
  it("are objects, names of keys, metrics, volumes and logs", async () => {
    const { reader } = scripted({ pods: [pod("web-1", { ready: false, state: { running: {} } })] });
    const facts = await gatherFrom(reader, { others: [{ source: "state", read: Promise.resolve({ locks: [] }) }] });
    assert.deepEqual(facts.unread, []);
    assert.equal(facts.objects.Pod?.length, 1);
    assert.deepEqual(
      facts.objects.Event?.map(({ reason }) => reason),
      ["SystemOOM"],
    );
    assert.equal(facts.objects.NetworkPolicy?.length, 1);
    assert.deepEqual(facts.secrets, [{ namespace: "shop-dev", name: "web", keys: ["SESSION_SECRET", "TOKEN"] }]);
    assert.deepEqual(facts.downTargets, [{ service: "web", pod: "web-1", error: "refused" }]);
    assert.deepEqual(
      facts.alerts?.map(({ name, severity, summary }) => [name, severity, summary]),
      [["TargetDown", "warning", "It is down"]],
    );
    assert.deepEqual(facts.volumes, [{ namespace: "shop-dev", claim: "data", usedBytes: 9, capacityBytes: 10 }]);
    assert.deepEqual(facts.logs[0]?.lines, ["starting", "password=*** is wrong"]);
    assert.deepEqual(facts.locks, []);
    assert.deepEqual(
      facts.routes?.map(({ name, state }) => [name, state]),
      [["web", "unanswered"]],
    );
  });

  it("are no logs, volumes and metrics where pods are simulated", async () => {
    const { reader, calls } = scripted({ nodes: [node({ "kwok.x-k8s.io/node": "fake" })] });
    const facts = await gatherFrom(reader);
    assert.deepEqual([facts.unread, facts.logs], [[], []]);
    assert.ok(!calls.some((call) => /--raw|^logs/.test(call)), calls.join("\n"));
  });

  it("are logs of what is in trouble and of data stores, from before where it has begun again", async () => {
    const database = { "app.kubernetes.io/component": "database" };
    const { reader, calls } = scripted({
      pods: [
        pod("fine", { ready: true, state: { running: {} } }),
        pod("postgres-0", { ready: true, state: { running: {} } }, database),
        pod("crashed", { ready: false, restartCount: 2, state: { waiting: { reason: "CrashLoopBackOff" } } }),
        pod("again", { ready: false, restartCount: 2, state: { running: {} } }),
        pod("new", { ready: false, state: { waiting: { reason: "ContainerCreating" } } }),
        pod("done", { ready: false, state: { terminated: { exitCode: 0 } } }),
        pod("failed", { ready: false, state: { terminated: { exitCode: 1 } } }),
      ],
    });
    await gatherFrom(reader);
    const asked = calls
      .filter((call) => call.startsWith("logs"))
      .map((call) => {
        const [, name] = call.split(" ");
        return `${name ?? ""}${/ --(previous|since=\w+)/.exec(call)?.[0] ?? ""}`;
      });
    assert.deepEqual(asked, ["postgres-0 --since=3m", "crashed --previous", "again --previous", "again", "failed"]);
  });

  it("is named where it can't be read, and left out", async () => {
    const starts = [
      "get namespace,",
      "get daemonset,",
      "get configmap,",
      "get secrets",
      "get --raw",
      "get deployment,",
      "get event",
      "get networkpolicy",
      "get httproutes",
    ];
    const { reader } = scripted({ failing: starts });
    const rejected = Promise.reject(new Error("no state"));
    const facts = await gatherFrom(reader, { others: [{ source: "engine state", read: rejected }] });
    assert.deepEqual(facts.unread.map(({ source }) => source).toSorted(), [
      "engine state",
      "events of nodes",
      "metrics",
      "names of Secrets in shop-dev",
      "nodes and storage classes",
      "pods and what makes them in shop-dev",
      "policies of the cluster's DNS",
      "routes",
      "the cluster's DNS",
      "what pods need in shop-dev",
    ]);
    assert.deepEqual([facts.objects, facts.secrets, facts.alerts], [{}, undefined, undefined]);
  });

  it("keeps what could be read of a namespace where only a part of it can't be", async () => {
    const { reader } = scripted({ pods: [pod("web-1", { ready: true })], failing: ["get configmap,"] });
    const { objects, unread } = await gatherFrom(reader);
    assert.deepEqual([objects.Pod?.length, objects.Service], [1, undefined]);
    assert.deepEqual(
      unread.map(({ source }) => source),
      ["what pods need in shop-dev"],
    );
  });

  it("has no secret in its lines, wherever it stands", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/);
    const forms = fc.constantFrom<(value: string) => string>(
      (value) => `postgres://shop:${value}@postgres:5432/shop refused`,
      (value) => `authorization: Bearer ${value}`,
      (value) => `{"level":50,"password":"${value}","msg":"refused"}`,
      (value) => `API_KEY=${value} is not known`,
      (value) => `token: '${value}', again`,
    );
    fc.assert(
      fc.property(secret, forms, (value, form) => {
        assert.ok(!withoutSecrets(form(value)).includes(value), withoutSecrets(form(value)));
      }),
    );
  });
});
