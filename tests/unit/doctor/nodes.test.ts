import assert from "node:assert/strict";
import { diagnose } from "../../../doctor/index.ts";
import { containerStatus, firstLineAfter, healthy, LATELY, setPod, setReady } from "./shop.ts";

type Shop = ReturnType<typeof healthy>;

const KILLED = "Deployment api was killed by node node-1, which ran out of memory: container api.";
const OUT_OF_MEMORY = "Node node-1 ran out of memory, and its kernel ended programs.";

/** An event about a node, as its kubelet writes it. */
function tell(facts: Shop, reason: string, message: string, at = LATELY, more: object = {}): void {
  const involvedObject = { kind: "Node", name: "node-1", uid: "node-1" };
  const event = { involvedObject, reason, message, type: "Warning", firstTimestamp: at, lastTimestamp: at, ...more };
  facts.objects.Event = [...(facts.objects.Event ?? []), event];
}

/** A container that the kernel has killed. */
function kill(facts: Shop, terminated: object = { reason: "OOMKilled" }): void {
  const end = { exitCode: 137, reason: "Error", startedAt: "2029-06-01T11:57:30Z", finishedAt: LATELY, ...terminated };
  const waiting = { reason: "CrashLoopBackOff", message: "back-off 20s restarting failed container" };
  setPod(facts, "api", containerStatus("api", { waiting }, { restartCount: 2, lastState: { terminated: end } }));
}

/** A node that says of itself that it is short of something. */
function press(facts: Shop, type: string, message: string): void {
  const conditions = [
    { type: "Ready", status: "True" },
    { type, status: "True", message },
  ];
  facts.objects.Node = [{ metadata: { name: "node-1" }, status: { conditions } }];
}

function evict(facts: Shop, message: string): void {
  setPod(facts, "web", { phase: "Failed", reason: "Evicted", message });
}

function diagnosisAfter(change: (facts: Shop) => void) {
  const facts = healthy();
  change(facts);
  return diagnose(facts);
}

describe("a node that runs out of memory", () => {
  const oom = (facts: Shop, at?: string, more?: object) => {
    tell(facts, "SystemOOM", "System OOM encountered, victim process: node, pid: 4711", at, more);
  };

  it("comes before the containers that its kernel has ended, whatever their runtime calls that", () => {
    for (const terminated of [{ reason: "OOMKilled" }, { reason: "Error" }]) {
      const { causes } = diagnosisAfter((facts) => {
        oom(facts);
        kill(facts, terminated);
      });
      assert.equal(causes.length, 1);
      assert.equal(causes[0]?.finding.says, OUT_OF_MEMORY);
      assert.deepEqual(causes[0].finding.evidence, [
        `SystemOOM at ${LATELY}: System OOM encountered, victim process: node, pid: 4711`,
      ]);
      assert.equal(causes[0].consequences[0]?.says, KILLED);
    }
  });

  it("is the reason also after a while, from the first to the last time that it was seen", () => {
    const line = firstLineAfter((facts) => {
      const last = "2029-06-01T11:40:00Z";
      oom(facts, "2029-06-01T11:20:00Z", { count: 14, lastTimestamp: last });
      kill(facts, { reason: "OOMKilled", finishedAt: "2029-06-01T11:30:00Z" });
    });
    assert.equal(line, KILLED);
  });

  const others: readonly [string, (facts: Shop) => void][] = [
    [
      "at another time",
      (facts) => {
        oom(facts, "2029-06-01T11:30:00Z");
      },
    ],
    [
      "which is another one",
      (facts) => {
        oom(facts, LATELY, { involvedObject: { kind: "Node", name: "node-2" } });
      },
    ],
    [
      "which only says that it evicts",
      (facts) => {
        tell(facts, "EvictionThresholdMet", "Attempting to reclaim memory");
      },
    ],
  ];
  for (const [name, change] of others) {
    it(`is not the reason ${name}`, () => {
      const line = firstLineAfter((facts) => {
        kill(facts);
        change(facts);
      });
      assert.match(line, /^Deployment api is killed for lack of memory: .* limit of 256Mi\.$/);
    });
  }

  it("is worth a word also where it has ended nothing of the environment, for a while", () => {
    assert.equal(firstLineAfter(oom), OUT_OF_MEMORY);
    assert.equal(
      firstLineAfter((facts) => {
        oom(facts, "2029-06-01T11:20:00Z");
      }),
      "",
    );
  });
});

describe("a node that is short of something", () => {
  it("comes before the pods that it evicts, and has its kubelet's word as evidence", () => {
    const { causes } = diagnosisAfter((facts) => {
      press(facts, "DiskPressure", "kubelet has disk pressure");
      tell(facts, "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage", LATELY, { count: 3 });
      evict(facts, "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8Gi. ");
    });
    assert.equal(causes[0]?.finding.says, "Node node-1 is short of disk space, and evicts pods.");
    assert.deepEqual(causes[0].finding.evidence, [
      "DiskPressure is True: kubelet has disk pressure",
      `EvictionThresholdMet at ${LATELY}, 3 times: Attempting to reclaim ephemeral-storage`,
    ]);
    assert.equal(
      causes[0].consequences[0]?.says,
      "Deployment web had a pod evicted by node node-1, which ran out of disk space.",
    );
  });

  it("is of no matter where no pod of the environment runs on it, and none looks for a node", () => {
    const elsewhere = (facts: Shop) => {
      press(facts, "MemoryPressure", "kubelet has insufficient memory available");
      facts.objects.Pod = facts.objects.Pod?.map((pod) => ({ ...pod, spec: { ...pod.spec, nodeName: "node-2" } }));
    };
    assert.equal(firstLineAfter(elsewhere), "");
    const line = firstLineAfter((facts) => {
      elsewhere(facts);
      const message = "0/2 nodes are available: 2 node(s) had untolerated taint(s).";
      const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
      facts.objects.Pod = facts.objects.Pod?.map(({ spec, ...pod }) => ({
        ...pod,
        spec: pod.metadata?.name?.startsWith("web") ? { ...spec, nodeName: undefined } : spec,
      }));
      setPod(facts, "web", { phase: "Pending", containerStatuses: [], conditions });
    });
    assert.equal(line, "Node node-1 is short of memory, and evicts pods.");
  });
});

describe("a node of which nobody knows which pods it has", () => {
  it("is told of, too", () => {
    const { causes } = diagnosisAfter((facts) => {
      press(facts, "MemoryPressure", "kubelet has insufficient memory available");
      facts.objects = { Node: facts.objects.Node };
      facts.unread = [{ source: "pods and what makes them in shop-dev", why: "it is too slow" }];
    });
    const lines = causes.map(({ finding }) => finding.says);
    assert.ok(lines.includes("Node node-1 is short of memory, and evicts pods."), lines.join("\n"));
  });
});

describe("an evicted pod", () => {
  it("is of no matter any more once its workload has all of its pods again, after a while", () => {
    const lineAfter = (moment: string, ready: number) =>
      firstLineAfter((facts) => {
        const conditions = [
          { type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet", lastTransitionTime: moment },
        ];
        const message = "The node was low on resource: memory. ";
        setPod(facts, "web", { phase: "Failed", reason: "Evicted", message, conditions });
        setReady(facts, "web", ready);
        const [service] = facts.objects.Service ?? [];
        facts.objects.Service = facts.objects.Service?.filter((entry) => entry !== service);
      });
    assert.equal(lineAfter("2029-05-30T12:00:00Z", 1), "");
    assert.match(lineAfter(LATELY, 1), /evicted by node node-1/);
    assert.match(lineAfter("2029-05-30T12:00:00Z", 0), /evicted by node node-1/);
  });

  const reasons: readonly [string, RegExp, RegExp][] = [
    [
      "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. Container web was using 180Mi, request is 32Mi, has larger consumption of memory. ",
      /which ran out of memory\.$/,
      /^Raise resources\.requests\.memory/,
    ],
    [
      "The node was low on resource: inodes. ",
      /which ran out of places for files on its disk\.$/,
      /describe node node-1$/,
    ],
    ["The node was low on resource: pids. ", /which ran out of process numbers\.$/, /describe node node-1$/],
    ["The node had condition: [DiskPressure]. ", /evicted by node node-1\.$/, /describe node node-1$/],
    [
      'Container web exceeded its local ephemeral storage limit "1Gi". ',
      /: it has written more to the node's disk than its limit of 1Gi\.$/,
      /^Write less to \/tmp/,
    ],
  ];
  for (const [message, says, next] of reasons) {
    it(`says why and what to do: ${message.slice(0, 50)}…`, () => {
      const { finding } =
        diagnosisAfter((facts) => {
          evict(facts, message);
        }).causes[0] ?? {};
      assert.match(finding?.says ?? "", says);
      assert.match(finding?.next ?? "", next);
    });
  }
});
