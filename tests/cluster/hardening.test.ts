import assert from "node:assert/strict";
import { hardenedPod } from "./hardened-pod.ts";
import { kubectl, shared } from "./kubectl.ts";
import { unique } from "./stack.ts";

const { namespace, run: inNamespace, read } = shared;

interface Pod {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly { readonly kind: string }[] };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly restartCount: number;
      readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
      readonly state: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
    }[];
  };
}

/** A container that has a shell. */
interface Shell {
  readonly pod: string;
  readonly container: string;
}

const shells: readonly Shell[] = [
  { pod: "postgres-0", container: "postgres" },
  { pod: "postgres-0", container: "roles" },
  { pod: "redis-0", container: "redis" },
];

function run({ pod, container }: Shell, script: string) {
  const args = ["--namespace", namespace, "exec", pod, "-c", container, "--", "sh", "-c", script];
  return kubectl(args, "", { repeatable: true });
}

describe("a running container", () => {
  for (const shell of shells) {
    it(`${shell.container} of ${shell.pod} can write to /tmp and to nothing of its image`, async () => {
      const folders = ["/tmp", "/", "/etc", "/usr", "/bin", "/root", "/var"];
      const { stdout, stderr } = await run(
        shell,
        `for folder in ${folders.join(" ")}; do touch $folder/probe && rm $folder/probe && echo $folder; done`,
      );
      assert.deepEqual(stdout.trim().split("\n"), ["/tmp"]);
      assert.match(stderr, /touch: .*\/\/probe'?: Read-only file system/);
    });

    it(`${shell.container} of ${shell.pod} runs as user 999, without capabilities or a way to gain any`, async () => {
      const { stdout } = await run(
        shell,
        "id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status",
      );
      const [user, group, ...status] = stdout.trim().split(/\s*\n\s*/);
      assert.deepEqual([user, group], ["999", "999"]);
      const fields = Object.fromEntries(status.map((line) => line.split(/:\s*/) as [string, string]));
      assert.deepEqual(fields, {
        CapBnd: "0000000000000000",
        CapEff: "0000000000000000",
        NoNewPrivs: "1",
        Seccomp: "2",
      });
    });

    it(`${shell.container} of ${shell.pod} has no token for the Kubernetes API`, async () => {
      const { code } = await run(shell, "test -e /var/run/secrets/kubernetes.io");
      assert.equal(code, 1);
    });
  }

  it("has no password among its processes' arguments", async () => {
    for (const shell of shells) {
      const { stdout } = await run(shell, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
      const { data } = await read<{ data: Record<string, string> }>("secret", shell.pod.replace(/-0$/, ""));
      for (const value of Object.values(data)) {
        assert.ok(!stdout.includes(Buffer.from(value, "base64").toString("utf8")), shell.pod);
      }
    }
  });

  it("is not restarted in a healthy environment", async () => {
    const { items } = await read<{ items: Pod[] }>("pods", "--selector", "app.kubernetes.io/managed-by");
    const killed = items.flatMap(({ metadata, status }) =>
      (status.containerStatuses ?? [])
        .filter(({ lastState }) => lastState.terminated?.reason === "OOMKilled")
        .map(({ name }) => `${metadata.name}/${name}`),
    );
    assert.deepEqual(killed, []);
  });
});

describe("a limit", () => {
  it("on memory ends a container that takes more", async () => {
    const name = unique("oom");
    await inNamespace(["create", "-f", "-"], hardenedPod({ name, namespace, command: ["tail", "/dev/zero"] }));
    try {
      await inNamespace(["wait", "--for=jsonpath={.status.phase}=Failed", `pod/${name}`, "--timeout=180s"]);
      const ended = (await read<Pod>("pod", name)).status.containerStatuses?.[0]?.state.terminated;
      assert.equal(ended?.exitCode, 137);
      // The runtime may hear of the end before the kernel's word on its cause; nothing else kills this container.
      assert.ok(["OOMKilled", "Error"].includes(ended.reason), ended.reason);
    } finally {
      await inNamespace(["delete", "pod", name, "--grace-period=0", "--force", "--ignore-not-found"]);
    }
  });

  it("of the environment's quota refuses a pod that would exceed it, and says which", async () => {
    const pod = hardenedPod({ name: unique("greedy"), namespace, command: ["true"], memory: "64Gi" });
    const refused = await kubectl(["create", "-f", "-"], pod);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /exceeded quota: quota, requested: limits\.memory=64Gi/);
  });
});

describe("the namespace", () => {
  it("refuses a pod that is not restricted", async () => {
    const pod = JSON.parse(hardenedPod({ name: unique("root"), namespace, command: ["true"] })) as {
      spec: { securityContext: object };
    };
    pod.spec.securityContext = { runAsUser: 0 };
    const refused = await kubectl(["create", "-f", "-"], JSON.stringify(pod));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /violates PodSecurity "restricted/);
  });
});

describe("an eviction", () => {
  it("of the only pod of a service is refused by its disruption budget, so that a drain waits", async () => {
    const { items } = await read<{ items: Pod[] }>("pods", "--selector", "app.kubernetes.io/name=guestbook-backend");
    const [pod] = items.filter(({ metadata }) => metadata.ownerReferences !== undefined);
    assert.ok(pod);
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: pod.metadata.name, namespace },
    };
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/eviction`;
    const refused = await kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(eviction));
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
  });
});
