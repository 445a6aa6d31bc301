import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import type { KubeApi } from "../../clusters/kube-api.ts";
import { createProgress, defaultCacheDir, ensureToolchain } from "../../clusters/toolchain/index.ts";
import { waitUntil } from "../../clusters/wait-until.ts";
import { findingsOf } from "../../policies/evaluate.ts";
import { KubeObject } from "../../policies/kube-object.ts";
import { podSecurityRules } from "../../policies/pod-security/index.ts";
import { Stack } from "../../policies/stack.ts";
import { PROJECT } from "./checkout.ts";
import { sharedCheckout } from "./fixtures.ts";
import { arbitraryPod, type PodManifest } from "./fuzzed-pods.ts";

const NAMESPACE = "pod-security-corpus";
const LEVELS = ["baseline", "restricted"] as const;
const VERSION = "v1.34";
/** How many pods are made up, and which: TERRARIUM_FUZZ=10000 TERRARIUM_FUZZ_SEED=7 for more and others. */
const runs = Number(process.env["TERRARIUM_FUZZ"] ?? 500);
const seed = Number(process.env["TERRARIUM_FUZZ_SEED"] ?? 1);

/** By admission's words for what is wrong: the rule that is about it. */
const RULES: Readonly<Record<string, string>> = {
  "allowPrivilegeEscalation != false": "pod-security-privilege-escalation",
  "forbidden AppArmor profile": "pod-security-app-armor",
  "forbidden AppArmor profiles": "pod-security-app-armor",
  "unrestricted capabilities": "pod-security-capabilities",
  "host namespaces": "pod-security-host-namespaces",
  hostPort: "pod-security-host-ports",
  "probe or lifecycle host": "pod-security-probe-hosts",
  privileged: "pod-security-privileged",
  procMount: "pod-security-proc-mount",
  "restricted volume types": "pod-security-volumes",
  "runAsNonRoot != true": "pod-security-non-root",
  "runAsUser=0": "pod-security-user",
  seLinuxOptions: "pod-security-se-linux",
  seccompProfile: "pod-security-seccomp",
  "forbidden sysctls": "pod-security-sysctls",
  hostProcess: "pod-security-windows-host-process",
};

describe("the pack's Pod Security and the API server's", () => {
  let api: KubeApi;
  let corpus: string;

  before(async () => {
    const tools = await ensureToolchain([], {
      cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
      progress: createProgress(process.stderr),
      env: process.env,
    });
    corpus = await tools.asset("pod-security-corpus");
    api = sharedCheckout().api();
    const labels = {
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/enforce-version": VERSION,
    };
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels } };
    await api.apply(`/api/v1/namespaces/${NAMESPACE}`, JSON.stringify(namespace));
    const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`;
    const missing = async () => ((await api.read(account)) === undefined ? "no service account yet" : undefined);
    assert.equal(await waitUntil(missing, { timeoutMs: 90_000, everyMs: 100 }), undefined);
  });

  after(async () => {
    api.close();
    await sharedCheckout().run("kubectl", ["delete", "namespace", NAMESPACE, "--wait=false"]);
  });

  /** Rules that the API server refuses a pod by; undefined where it isn't a valid pod at all. */
  async function refusedBy(pod: PodManifest): Promise<string[] | undefined> {
    const text = JSON.stringify(pod);
    const target = `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`;
    const { status, body } = await api.send("POST", target, { type: "application/json", text });
    if (status === 201) return [];
    const { message } = JSON.parse(body) as { message: string };
    const [, violations] = /violates PodSecurity "restricted:v1\.34": ([^]*)$/.exec(message) ?? [];
    if (status !== 403 || violations === undefined) {
      assert.equal(status, 422, message);
      return undefined;
    }
    const reasons = [...` ${violations}`.matchAll(/(?:^|\),) ([^(]*?) \(/g)].map(([, reason = ""]) => reason);
    return reasons.map((reason) => RULES[reason] ?? reason).sort();
  }

  /** Pods on which both sides agreed, as the guide's table has them: what is allowed and what is refused, by level. */
  const agreed = { baseline: [0, 0], restricted: [0, 0] } satisfies Record<(typeof LEVELS)[number], [number, number]>;

  for (const level of LEVELS) {
    for (const verdict of ["pass", "fail"] as const) {
      it(`say the same of every pod that Kubernetes tests itself with: ${level}, ${verdict}`, async () => {
        const folder = join(corpus, level, VERSION, verdict);
        const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
        assert.ok(files.length >= 14);
        for (const file of files) {
          const { metadata, ...rest } = parse(readFileSync(join(folder, file), "utf8")) as PodManifest;
          // Kubernetes names its samples in a way that it would not accept.
          const pod = { ...rest, metadata: { ...metadata, name: "sample" } };
          const expected = await refusedBy(pod);
          assert.deepEqual(foundBy(pod), expected, `${level}/${verdict}/${file}`);
          if (level === "restricted") assert.equal(expected?.length === 0, verdict === "pass", file);
          agreed[level][expected?.length === 0 ? 0 : 1] += 1;
        }
      });
    }
  }

  it("agree as often as the guide says", () => {
    const guide = readFileSync(join(PROJECT, "docs/guides/policies.md"), "utf8");
    for (const level of LEVELS) {
      const [allowed, refused] = agreed[level];
      const [, row = ""] = new RegExp(`^\\| of Kubernetes, ${level} +\\|(.*)\\|$`, "m").exec(guide) ?? [];
      assert.deepEqual(row.split("|").map(Number), [allowed, refused, allowed + refused, 0], level);
    }
  });

  it(`say the same of ${runs} pods that are made up, in as many ways as there are fields`, async () => {
    const seen = new Set<string>();
    let judged = 0;
    for (const pod of fc.sample(arbitraryPod, { seed, numRuns: runs })) {
      const expected = await refusedBy(pod);
      if (expected === undefined) continue;
      assert.deepEqual(foundBy(pod), expected, JSON.stringify(pod));
      judged += 1;
      for (const rule of expected) seen.add(rule);
    }
    assert.ok(judged > runs * 0.75, `only ${judged} of ${runs} were valid`);
    assert.deepEqual([...seen].sort(), [...new Set(Object.values(RULES))].sort());
  });

  it("are told apart by no kind that makes pods", () => {
    const pod = parse(
      readFileSync(join(corpus, "restricted", VERSION, "fail", "hostports0.yaml"), "utf8"),
    ) as PodManifest;
    const template = { metadata: pod.metadata, spec: pod.spec };
    for (const [apiVersion, kind, spec] of [
      ["apps/v1", "Deployment", { template }],
      ["apps/v1", "StatefulSet", { template }],
      ["apps/v1", "DaemonSet", { template }],
      ["apps/v1", "ReplicaSet", { template }],
      ["v1", "ReplicationController", { template }],
      ["batch/v1", "Job", { template }],
      ["batch/v1", "CronJob", { jobTemplate: { spec: { template } } }],
    ] as const) {
      assert.deepEqual(foundBy({ apiVersion, kind, metadata: { name: "x" }, spec }), ["pod-security-host-ports"], kind);
    }
  });
});

/** Rules by which the pack objects to a pod. */
function foundBy(pod: PodManifest): string[] {
  const stack = new Stack([new KubeObject(pod)]);
  return podSecurityRules
    .filter((rule) => findingsOf(rule, stack, "prod").length > 0)
    .map(({ name }) => name)
    .sort();
}
