import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CANARY_IMAGE, toCanaryPod } from "../../../netcheck/canary-pod.ts";
import { type Canaries, type CanariesArgs, withCanaries } from "../../../netcheck/canaries.ts";
import { NetcheckError } from "../../../netcheck/cluster.ts";
import { selectorLabels, workloadLabels } from "../../../spec/index.ts";
import { appliesTo, type Policy } from "../network-policy-evaluator.ts";
import { quickClock } from "./quick-clock.ts";
import { type Script, scriptedCluster, type ScriptedCluster } from "./scripted-cluster.ts";

interface Run {
  readonly cluster: ScriptedCluster;
  readonly interruption: AbortController;
  /** Milliseconds of each pause. */
  readonly pauses: number[];
  readonly args: CanariesArgs;
}

function prepare(script: Script = {}, onPause: (run: Run) => void = () => undefined): Run {
  const interruption = new AbortController();
  const cluster = scriptedCluster(script);
  const pauses: number[] = [];
  const clock = quickClock((ms) => {
    pauses.push(ms);
    onPause(run);
  });
  const args = { cluster, owner: "me", signal: interruption.signal, clock, probeTimeoutSeconds: 5 };
  const run: Run = { cluster, interruption, pauses, args };
  return run;
}

const startOne = (canaries: Canaries) => canaries.start({ namespace: "shop" });
const removals = ({ cluster }: Run): string[] => cluster.calls.filter((call) => call.startsWith("delete"));
const oneRemoval = (run: Run): void => {
  const name = run.cluster.objects[0]?.metadata.name ?? "";
  assert.match(name, /^canary-[0-9a-f]{8}$/);
  assert.deepEqual(removals(run), [`delete shop: pod/${name}`]);
};

describe("A canary pod", () => {
  const pod = () =>
    toCanaryPod("canary-01234567", { namespace: "shop", labels: { part: "api" }, listens: [8080, 9000] }, "me");

  it("is a busybox that sleeps for an hour and is never restarted", () => {
    const spec = pod().spec as { restartPolicy: string; containers: { image: string; args: string[] }[] };
    assert.equal(spec.restartPolicy, "Never");
    assert.equal(CANARY_IMAGE, "busybox:1.36");
    assert.deepEqual(
      spec.containers.map(({ image, args }) => [image, args]),
      [["busybox:1.36", ["sleep", "3600"]]],
    );
  });

  it("has the labels that leftovers are found by, and those of the part whose place it takes", () => {
    assert.deepEqual(pod().metadata.labels, {
      part: "api",
      app: "canary",
      test: "network-policy",
      "created-by": "env-tests",
    });
  });

  it("may not have the label that Services and ReplicaSets select on", () => {
    const identity = { name: "api", instance: "shop" };
    assert.throws(() => toCanaryPod("c", { namespace: "shop", labels: workloadLabels(identity) }, "me"), RangeError);
    assert.doesNotThrow(() => toCanaryPod("c", { namespace: "shop", labels: selectorLabels(identity) }, "me"));
  });

  it("passes Pod Security restricted", () => {
    const spec = pod().spec as Record<string, unknown> & { containers: Record<string, unknown>[] };
    assert.equal(spec["automountServiceAccountToken"], false);
    assert.partialDeepStrictEqual(spec["securityContext"], {
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.deepEqual(spec.containers[0]?.["securityContext"], {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("listens on its ports one after the other, and is ready when the last one answers", () => {
    const containerOf = (listens: number[]) =>
      (
        toCanaryPod("c", { namespace: "shop", listens }, "me").spec as {
          containers: { command: string[]; readinessProbe?: object }[];
        }
      ).containers[0];
    const { command, readinessProbe } = containerOf([8080, 9000]) ?? {};
    assert.deepEqual(command, ["sh", "-c", 'httpd -p 8080 -h /etc && httpd -p 9000 -h /etc && exec "$@"', "--"]);
    assert.deepEqual(readinessProbe, { tcpSocket: { port: 9000 }, periodSeconds: 1 });
    assert.equal(containerOf([])?.readinessProbe, undefined);
  });

  it("may listen below port 1024 only where it has to", () => {
    const sysctls = (listens: number[]): unknown =>
      (toCanaryPod("c", { namespace: "shop", listens }, "me").spec as { securityContext: { sysctls?: unknown } })
        .securityContext.sysctls;
    assert.equal(sysctls([8080]), undefined);
    assert.deepEqual(sysctls([8080, 80]), [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }]);
  });
});

describe("Canaries", () => {
  it("are looked at once a second until they run and listen, and removed once", async () => {
    const run = prepare({
      states: [
        undefined,
        { phase: "Pending", reason: "ContainerCreating" },
        { phase: "Running", ready: false },
        { phase: "Running" },
      ],
    });
    const ip = await withCanaries(run.args, async (canaries) => (await startOne(canaries)).ip);
    assert.equal(ip, "10.244.0.1");
    assert.deepEqual(run.pauses, [1000, 1000, 1000]);
    oneRemoval(run);
  });

  it("fail after 60 seconds, saying what they wait for, and are removed", async () => {
    const run = prepare({ states: [{ phase: "Pending", message: "0/1 nodes are available" }] });
    await assert.rejects(
      withCanaries(run.args, startOne),
      /^NetcheckError: Canary shop\/canary-\w+ does not run after 60 s: Pending, 0\/1 nodes are available\. /,
    );
    assert.equal(run.pauses.length, 60);
    oneRemoval(run);
  });

  for (const [state, said] of [
    [{ phase: "Failed", reason: "Evicted", message: "no memory" }, /does not run: Evicted: no memory\.$/],
    [{ phase: "Failed" }, /does not run: Failed\.$/],
    [{ phase: "Succeeded", reason: "Completed" }, /does not run: Completed\.$/],
    [{ phase: "Pending", reason: "ErrImagePull", message: "not found" }, /does not run: ErrImagePull: not found\.$/],
    [{ phase: "Pending", reason: "ImagePullBackOff" }, /does not run: ImagePullBackOff\.$/],
    [{ phase: "Pending", reason: "CreateContainerError" }, /does not run: CreateContainerError\.$/],
    [{ phase: "Running", reason: "Error", ip: undefined }, /does not run: Error\.$/],
  ] as const) {
    it(`fail at once when one is ${state.phase} with ${"reason" in state ? state.reason : "no reason"}`, async () => {
      const run = prepare({ states: [state] });
      await assert.rejects(withCanaries(run.args, startOne), said);
      assert.deepEqual(run.pauses, []);
      oneRemoval(run);
    });
  }

  it("are removed once when what uses them throws, and the error stays what it was", async () => {
    const run = prepare();
    const failure = new Error("probe failed");
    await assert.rejects(
      withCanaries(run.args, async (canaries) => {
        await startOne(canaries);
        throw failure;
      }),
      failure,
    );
    oneRemoval(run);
  });

  it("are removed once when a script in them cannot be run", async () => {
    const run = prepare({ runScript: () => Promise.reject(new NetcheckError("exec failed")) });
    await assert.rejects(
      withCanaries(run.args, async (canaries) => (await startOne(canaries)).try([])),
      /exec failed/,
    );
    oneRemoval(run);
  });

  it("are removed once however often that is asked for", async () => {
    const run = prepare();
    await withCanaries(run.args, async (canaries) => {
      await startOne(canaries);
      await Promise.all([canaries.removeAll(), canaries.removeAll()]);
    });
    oneRemoval(run);
  });

  it("are removed when the run is interrupted while they start", async () => {
    const run = prepare({ states: [{ phase: "Pending" }] }, ({ interruption, pauses }) => {
      if (pauses.length === 2) interruption.abort(new Error("Interrupted."));
    });
    await assert.rejects(withCanaries(run.args, startOne), /Interrupted\./);
    assert.equal(run.pauses.length, 2);
    oneRemoval(run);
  });

  it("are removed when the run is interrupted while a script runs, without waiting for it", async () => {
    const run = prepare({
      runScript: () => {
        run.interruption.abort(new Error("Interrupted."));
        return new Promise(() => undefined);
      },
    });
    await assert.rejects(
      withCanaries(run.args, async (canaries) => (await startOne(canaries)).try([])),
      /Interrupted\./,
    );
    oneRemoval(run);
  });

  it("are removed only after their creation, when the run is interrupted meanwhile", async () => {
    let created = (): void => undefined;
    const run = prepare({
      create: () => {
        run.interruption.abort(new Error("Interrupted."));
        return new Promise((resolve) => (created = resolve));
      },
    });
    const running = withCanaries(run.args, startOne);
    running.catch(() => undefined);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    assert.deepEqual(removals(run), []);
    created();
    await assert.rejects(running, /Interrupted\./);
    oneRemoval(run);
  });

  it("are not started any more once the run is interrupted", async () => {
    const run = prepare();
    run.interruption.abort(new Error("Interrupted."));
    await assert.rejects(withCanaries(run.args, startOne), /Interrupted\./);
    assert.deepEqual(run.cluster.calls, []);
  });

  it("create a missing namespace once, and delete only namespaces of their own", async () => {
    const run = prepare();
    const own = await withCanaries(run.args, async (canaries) => {
      await Promise.all([canaries.ensureNamespace("shop"), canaries.ensureNamespace("shop")]);
      return canaries.createTestNamespace();
    });
    assert.match(own, /^canary-test-[0-9a-f]{8}$/);
    assert.deepEqual(run.cluster.calls, [
      "create namespace shop",
      `create namespace ${own}`,
      `delete namespace ${own}`,
    ]);
  });

  it("of which one side is opened are selected by a policy for that alone, one for each namespace and side", async () => {
    const run = prepare();
    await withCanaries(run.args, async (canaries) => {
      const labels = selectorLabels({ name: "api", instance: "shop" });
      await Promise.all([
        canaries.start({ namespace: "shop", labels }, "ingress"),
        canaries.start({ namespace: "shop", labels }, "ingress"),
        canaries.start({ namespace: "shop", labels }, "egress"),
        canaries.start({ namespace: "logs" }, "egress"),
        canaries.start({ namespace: "shop", labels }),
      ]);
    });
    const { objects } = run.cluster;
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy") as unknown as Policy[];
    const pods = objects.filter(({ kind }) => kind === "Pod").map(({ metadata }) => metadata);
    const selected = policies.map(({ metadata, spec }) => ({
      ...{ namespace: metadata.namespace, spec: { ...spec, podSelector: {} } },
      pods: pods.flatMap(({ namespace = "", labels = {} }, index) =>
        appliesTo({ metadata, spec }, { ip: "", namespace, labels }) ? [index] : [],
      ),
    }));
    const [ingress, egress] = [
      { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] },
      { podSelector: {}, policyTypes: ["Egress"], egress: [{}] },
    ];
    assert.deepEqual(selected, [
      { namespace: "shop", spec: ingress, pods: [0, 1] },
      { namespace: "shop", spec: egress, pods: [2] },
      { namespace: "logs", spec: egress, pods: [3] },
    ]);
    const removed = removals(run).join(" ");
    for (const { metadata } of policies) assert.ok(removed.includes(`networkpolicy/${metadata.name}`), metadata.name);
  });

  it("of another run are not selected by a run's policies", async () => {
    const [one, other] = [prepare(), prepare()];
    for (const { args } of [one, other]) {
      await withCanaries(args, (canaries) => canaries.start({ namespace: "shop" }, "ingress"));
    }
    const policy = one.cluster.objects.find(({ kind }) => kind === "NetworkPolicy") as unknown as Policy;
    const selects = ({ cluster }: Run) =>
      appliesTo(policy, {
        ip: "",
        namespace: "shop",
        labels: cluster.objects.find(({ kind }) => kind === "Pod")?.metadata.labels ?? {},
      });
    assert.deepEqual([selects(one), selects(other)], [true, false]);
  });

  it("say what could not be removed", async () => {
    const script = { deleteAll: () => Promise.reject(new Error("the server is gone")) };
    await assert.rejects(
      withCanaries(prepare(script).args, startOne),
      /Not every canary could be removed: Error: the server is gone\. The next run removes what is left/,
    );
  });
});
