import assert from "node:assert/strict";
import type { CommandOptions, CommandResult } from "../../../clusters/run-command.ts";
import { toCanaryPod, toNamespace } from "../../../netcheck/canary-pod.ts";
import { KubectlCluster } from "../../../netcheck/kubectl-cluster.ts";
import type { KubeObject } from "../../../spec/index.ts";
import { quickClock } from "./quick-clock.ts";

interface Call {
  readonly args: string;
  readonly input: string | undefined;
}

const TARGET = "--kubeconfig /k --context c";

function clusterThat(answer: (args: string, call: number) => Partial<CommandResult>): {
  cluster: KubectlCluster;
  calls: Call[];
} {
  const calls: Call[] = [];
  const run = (file: string, args: readonly string[], { input }: CommandOptions): Promise<CommandResult> => {
    assert.equal(file, "/bin/kubectl");
    const text = args.join(" ").replace(` --request-timeout=15s`, "");
    assert.ok(text.startsWith(TARGET));
    calls.push({ args: text.slice(TARGET.length + 1), input });
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...answer(text, calls.length) });
  };
  const access = { kubeconfig: "/k", context: "c" };
  return { cluster: new KubectlCluster({ kubectl: "/bin/kubectl", access, env: {}, run, clock: quickClock() }), calls };
}

const list = (...items: object[]): Partial<CommandResult> => ({ stdout: JSON.stringify({ items }) });
const failed = (stderr: string): Partial<CommandResult> => ({ code: 1, stderr });
const silent: Partial<CommandResult> = { code: 124, stderr: "kubectl gave no answer within 20 s" };

describe("A cluster behind kubectl", () => {
  it("takes a namespace that somebody else created at the same time for its own", async () => {
    const { cluster, calls } = clusterThat(() =>
      failed('Error from server (AlreadyExists): error when creating "STDIN": namespaces "shop" already exists'),
    );
    await cluster.createNamespace(toNamespace("shop", "me"));
    assert.deepEqual(JSON.parse(calls[0]?.input ?? ""), {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop" },
    });
  });

  it("says why a namespace or a canary is refused", async () => {
    const { cluster } = clusterThat(() =>
      failed("Error from server (Forbidden): exceeded quota: quota, requested: pods=1"),
    );
    await assert.rejects(
      cluster.createNamespace(toNamespace("shop", "me")),
      /^NetcheckError: Namespace shop cannot be created: .*Forbidden/,
    );
    await assert.rejects(
      cluster.create([toCanaryPod("canary-0", { namespace: "shop" }, "me")]),
      /^NetcheckError: Pod shop\/canary-0 cannot be created: .*exceeded quota/,
    );
  });

  it("waits for the service account that a new namespace gets a moment later", async () => {
    const { cluster, calls } = clusterThat((_, call) =>
      call < 3
        ? failed(
            'pods "canary-0" is forbidden: error looking up service account shop/default: serviceaccount "default" not found',
          )
        : {},
    );
    await cluster.create([toCanaryPod("canary-0", { namespace: "shop" }, "me")]);
    assert.equal(calls.length, 3);
  });

  it("does not create again what was created when others had to wait", async () => {
    const { cluster, calls } = clusterThat((_, call) =>
      call === 1
        ? {
            ...failed('pods "canary-1" is forbidden: serviceaccount "default" not found'),
            stdout: "pod/canary-0 created\n",
          }
        : {},
    );
    await cluster.create(["canary-0", "canary-1"].map((name) => toCanaryPod(name, { namespace: "shop" }, "me")));
    const names = calls.map(({ input = "" }) =>
      (JSON.parse(input) as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name),
    );
    assert.deepEqual(names, [["canary-0", "canary-1"], ["canary-1"]]);
  });

  it("creates what is left of many when their answer was lost, and takes what exists by then for its own", async () => {
    const names = ["canary-0", "canary-1", "canary-2"];
    const pods = names.map((name) => toCanaryPod(name, { namespace: "shop" }, "me"));
    const exists = 'Error from server (AlreadyExists): error when creating "STDIN": pods "canary-1" already exists';
    const slow = clusterThat((_, call) =>
      call === 1
        ? { ...silent, stdout: "pod/canary-0 created\n" }
        : { ...failed(exists), stdout: "pod/canary-2 created\n" },
    );
    await slow.cluster.create(pods);
    const sent = slow.calls.map(({ input = "" }) =>
      (JSON.parse(input) as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name),
    );
    assert.deepEqual(sent, [names, ["canary-1", "canary-2"]]);
    const etcd = failed("Error from server: rpc error: code = Unavailable desc = error reading from server: EOF");
    const restarted = clusterThat((_, call) => (call === 1 ? etcd : {}));
    await restarted.cluster.create(pods);
    assert.equal(restarted.calls.length, 2);
    for (const answer of [silent, etcd]) {
      const dead = clusterThat(() => answer);
      await assert.rejects(dead.cluster.create(pods), /no answer within|Unavailable/);
      assert.equal(dead.calls.length, 2);
    }
    const taken = clusterThat(() => failed(exists));
    await assert.rejects(taken.cluster.create(pods), /already exists/);
  });

  it("gives a command more time the more objects it creates", async () => {
    const limits: (number | undefined)[] = [];
    const run = (_file: string, _args: readonly string[], { timeoutMs }: CommandOptions): Promise<CommandResult> => {
      limits.push(timeoutMs);
      return Promise.resolve({ code: 0, stdout: "", stderr: "" });
    };
    const access = { kubeconfig: "/k", context: "c" };
    const cluster = new KubectlCluster({ kubectl: "/bin/kubectl", access, env: {}, run, clock: quickClock() });
    const pod = toCanaryPod("canary-0", { namespace: "shop" }, "me");
    await cluster.create([pod]);
    await cluster.create(Array.from({ length: 28 }, () => pod));
    assert.deepEqual(limits, [20_000, 155_000]);
  });

  it("deletes only namespaces with the prefix of its own", async () => {
    const { cluster, calls } = clusterThat(() => ({}));
    await assert.rejects(cluster.deleteNamespace("shop"), /does not start with canary-test-/);
    await cluster.deleteNamespace("canary-test-01234567");
    assert.deepEqual(calls, [
      { args: "delete namespace canary-test-01234567 --ignore-not-found --wait=false", input: undefined },
    ]);
  });

  it("removes canaries by force and without grace, also those that are gone", async () => {
    const { cluster, calls } = clusterThat(() => ({}));
    await cluster.deleteAll("shop", ["pod/canary-0", "networkpolicy/canary-open"]);
    assert.equal(
      calls[0]?.args,
      "delete --namespace shop pod/canary-0 networkpolicy/canary-open --grace-period=0 --force --ignore-not-found --wait=false",
    );
  });

  it("sends scripts by standard input and passes their exit code on", async () => {
    const { cluster, calls } = clusterThat(() => ({ code: 3, stdout: "out", stderr: "err" }));
    assert.deepEqual(await cluster.runScript("shop", "canary-0", "exit 3", 1000), {
      code: 3,
      stdout: "out",
      stderr: "err",
    });
    assert.deepEqual(calls, [{ args: "exec --stdin --namespace shop canary-0 -- sh -s", input: "exit 3" }]);
  });

  it("answers many looks at canaries with one list", async () => {
    const metadata = { namespace: "shop", creationTimestamp: "1970-01-01T00:00:01Z" };
    const { cluster, calls } = clusterThat(() =>
      list(
        {
          metadata: { ...metadata, name: "a" },
          status: { phase: "Running", podIP: "10.0.0.1", containerStatuses: [{ ready: true }] },
        },
        {
          metadata: { ...metadata, name: "b", annotations: { "terrarium.dev/canary-owner": "me" } },
          status: {
            phase: "Pending",
            containerStatuses: [{ state: { waiting: { reason: "ErrImagePull", message: "not found" } } }],
          },
        },
        {
          metadata: { ...metadata, name: "c" },
          status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message: "no node" }] },
        },
      ),
    );
    const seen = await Promise.all(["a", "b", "c", "d"].map((name) => cluster.readCanary("shop", name)));
    const common = { namespace: "shop", createdAtMs: 1000, ready: false };
    assert.deepEqual(seen, [
      { ...common, name: "a", phase: "Running", ip: "10.0.0.1", ready: true },
      { ...common, name: "b", phase: "Pending", reason: "ErrImagePull", message: "not found", owner: "me" },
      { ...common, name: "c", phase: "Pending", message: "no node" },
      undefined,
    ]);
    assert.deepEqual(
      calls.map(({ args }) => args),
      ["get pods --all-namespaces --selector app=canary,test=network-policy,created-by=env-tests --output json"],
    );
  });

  it("lists the namespaces of runs, without those that are being deleted", async () => {
    const metadata = { creationTimestamp: "1970-01-01T00:00:01Z" };
    const { cluster } = clusterThat(() =>
      list(
        { metadata: { ...metadata, name: "canary-test-0" } },
        { metadata: { ...metadata, name: "canary-test-1", deletionTimestamp: "1970-01-01T00:00:02Z" } },
      ),
    );
    assert.deepEqual(
      (await cluster.listTestNamespaces()).map(({ name }) => name),
      ["canary-test-0"],
    );
  });

  it("lists opening policies by the labels of canaries", async () => {
    const metadata = { namespace: "shop", name: "canary-open", creationTimestamp: "1970-01-01T00:00:01Z" };
    const { cluster, calls } = clusterThat(() => list({ metadata }));
    const [opening] = await cluster.listOpenings();
    assert.partialDeepStrictEqual(opening, { namespace: "shop", name: "canary-open", createdAtMs: 1000 });
    assert.match(calls[0]?.args ?? "", /^get networkpolicies --all-namespaces --selector app=canary,/);
  });

  it("reads any path of the API, and takes a refusal for an answer", async () => {
    const { cluster } = clusterThat((args) => (args.endsWith("/apis") ? { stdout: '{"a":1}' } : failed("Forbidden")));
    assert.deepEqual([await cluster.read("/apis"), await cluster.read("/api/v1/nodes")], [{ a: 1 }, undefined]);
  });

  it("asks again when a request reached nobody, but not for ever, and not when it may have reached somebody", async () => {
    const refused = failed(
      "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
    );
    const early = clusterThat((_, call) => (call < 3 ? refused : list()));
    assert.deepEqual([await early.cluster.namespaces(), early.calls.length], [[], 3]);
    const gone = clusterThat(() => refused);
    await assert.rejects(gone.cluster.namespaces(), /was refused/);
    assert.ok(gone.calls.length > 10);
    const lost = clusterThat(() => failed("unexpected EOF"));
    await assert.rejects(lost.cluster.createNamespace(toNamespace("shop", "me")), /EOF/);
    assert.equal(lost.calls.length, 1);
  });

  it("asks once more when a read or a removal got no answer, but makes no namespace and runs nothing twice", async () => {
    const late = clusterThat((_, call) => (call === 1 ? silent : list()));
    assert.deepEqual(await late.cluster.namespaces(), []);
    const removing = clusterThat((_, call) => (call === 1 ? silent : {}));
    await removing.cluster.deleteAll("shop", ["pod/canary-0"]);
    assert.equal(removing.calls.length, 2);
    const dead = clusterThat(() => silent);
    await assert.rejects(dead.cluster.namespaces(), /no answer within/);
    assert.equal(dead.calls.length, 2);
    const creating = clusterThat(() => silent);
    await assert.rejects(creating.cluster.createNamespace(toNamespace("shop", "me")), /no answer within/);
    assert.equal(creating.calls.length, 1);
    assert.equal((await creating.cluster.runScript("shop", "canary-0", "true", 1000)).code, 124);
    assert.equal(creating.calls.length, 2);
  });

  it("says that it cannot be read", async () => {
    const { cluster } = clusterThat(() => failed("Unable to connect to the server"));
    await assert.rejects(cluster.namespaces(), /^NetcheckError: The cluster cannot be read: Unable to connect/);
  });
});
