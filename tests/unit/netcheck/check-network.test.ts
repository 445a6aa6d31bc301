import assert from "node:assert/strict";
import { checkNetwork, isAsDeclared, type NetcheckArgs, type NetworkReport } from "../../../netcheck/check-network.ts";
import type { KubeObject, ScriptResult } from "../../../netcheck/cluster.ts";
import { resolveEnvironment } from "../../../spec/index.ts";
import { quickClock } from "./quick-clock.ts";
import { type ScriptedCluster, scriptedCluster } from "./scripted-cluster.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";

/** web calls api; nothing else is declared. */
const environment = resolveEnvironment({
  name: "shop-dev",
  tier: "dev",
  application: "shop",
  services: { api: { image: IMAGE, metrics: false }, web: { image: IMAGE, metrics: false, calls: ["api"] } },
  observability: { enabled: false },
});

const OPEN = "0";
const DROPPED = "1 wget: download timed out";
const REFUSED = "1 nc: can't connect to remote host (10.0.0.1): Connection refused";

interface Network {
  /** What a denied connection looks like. @default dropped */
  readonly denial?: string;
  /** Try of the guarded connection from which on a policy has an effect; the first is made before the policy. @default 1 */
  readonly enforcedFrom?: number;
  /** Whether policies have an effect. @default true */
  readonly enforced?: boolean;
  /** Who gets through to whom beyond what is declared, e.g. "api > web"; asked at every attempt. */
  readonly alsoOpen?: (connection: string, attempt: number) => boolean;
  readonly runScript?: (script: string) => ScriptResult | undefined;
}

/** A cluster whose network does what the environment declares, and what the test adds. */
function network(more: Network = {}): ScriptedCluster {
  const attempts = new Map<string, number>();
  const roleOf = (pod: KubeObject | undefined): string => {
    const { namespace = "", labels = {} } = pod?.metadata ?? {};
    if (labels["terrarium.dev/canary-role"] === "guarded") return "guarded";
    if (namespace.startsWith("canary-test-")) return "foreign";
    return labels["app.kubernetes.io/name"] ?? "stray";
  };
  const cluster = scriptedCluster({
    namespaces: ["shop-dev", "kube-system"],
    runScript: (_, pod, script) => Promise.resolve(more.runScript?.(script) ?? answer(pod, script)),
  });
  const answer = (pod: string, script: string): ScriptResult => {
    const pods = cluster.objects.filter(({ kind }) => kind === "Pod");
    const from = roleOf(pods.find(({ metadata }) => metadata.name === pod));
    const lines = [...script.matchAll(/^probe (\d+) (\w+) (\S+) (\d+)/gm)].map(([, index, , host = "", port = ""]) => {
      const to = /10\.244\.0\.(\d+)/.exec(host)?.[1];
      // Addresses are given in the order in which canaries are first looked at, which is that of their creation.
      const name = to === undefined ? host.replaceAll(/['"]/g, "") : roleOf(pods[Number(to) - 1]);
      const connection = `${from} > ${name}`;
      const attempt = (attempts.get(`${connection}:${port}`) ?? 0) + 1;
      attempts.set(`${connection}:${port}`, attempt);
      const denies =
        cluster.objects.some(({ kind }) => kind === "NetworkPolicy") &&
        (more.enforced ?? true) &&
        attempt >= (more.enforcedFrom ?? 1);
      const declared = ["web > api", "foreign > kubernetes.default.svc"].includes(connection) || name === "$resolver";
      const isOpen = declared || (name === "guarded" && !denies) || more.alsoOpen?.(connection, attempt) === true;
      return `probe ${index} ${isOpen ? OPEN : (more.denial ?? DROPPED)}\n`;
    });
    return { code: 0, stdout: lines.join(""), stderr: "" };
  };
  return cluster;
}

async function check(cluster: ScriptedCluster, over: Partial<NetcheckArgs> = {}): Promise<NetworkReport> {
  const report = await checkNetwork({
    environment,
    cluster,
    facts: { apiServer: [{ cidr: "172.18.0.2/32", port: 6443 }], serviceMonitors: false },
    outside: { missing: "not here" },
    owner: "me",
    signal: new AbortController().signal,
    clock: quickClock(),
    say: () => undefined,
    ...over,
  });
  return report;
}

const differing = ({ checks }: NetworkReport): string[] =>
  checks.filter((result) => !isAsDeclared(result)).map(({ from, to, got }) => `${from} > ${to} is ${got}`);

/** Canaries and namespaces that were made and not removed. */
function left({ calls, objects }: ScriptedCluster): string[] {
  const removed = calls.filter((call) => call.startsWith("delete")).join(" ");
  const made = [
    ...objects.filter(({ kind }) => kind === "Pod").map(({ metadata }) => metadata.name),
    ...calls.filter((call) => call.startsWith("create namespace")).map((call) => call.split(" ")[2] ?? ""),
  ];
  return made.filter((name) => !removed.includes(name));
}

describe("A check of a network", () => {
  it("that is as declared tries everything and leaves nothing behind", async () => {
    const cluster = network();
    const report = await check(cluster);
    assert.deepEqual(differing(report), []);
    assert.equal(report.enforced, true);
    assert.ok(report.checks.some(({ from, to, got }) => from === "web" && to === "api" && got === "open"));
    assert.ok(report.checks.some(({ from, to, got }) => from === "api" && to === "web" && got === "closed"));
    assert.deepEqual(left(cluster), []);
  });

  it("shows a connection that is open though it is not declared", async () => {
    const report = await check(network({ alsoOpen: (connection) => connection === "api > web" }));
    assert.deepEqual(differing(report), ["api > web is open"]);
  });

  it("shows a declared connection that is refused as that, not as closed", async () => {
    const refuse = network({
      runScript: (script) =>
        /^probe \d+ tcp 'api' 8080/m.test(script)
          ? { code: 0, stdout: everyProbe(script, REFUSED), stderr: "" }
          : undefined,
    });
    assert.ok(differing(await check(refuse)).includes("web > service/api is refused"));
  });

  it("tries again what is not as declared: rules follow a new pod after a moment", async () => {
    const report = await check(
      network({ alsoOpen: (connection, attempt) => connection === "api > web" && attempt < 2 }),
    );
    assert.deepEqual(differing(report), []);
  });

  it("takes a refusal for closed where the plugin denies by refusing", async () => {
    const report = await check(network({ denial: REFUSED }));
    assert.deepEqual(
      differing(report).filter((line) => !line.endsWith("another namespace is refused")),
      [],
    );
  });

  it("waits for a plugin that takes a moment to enforce a policy", async () => {
    const report = await check(network({ enforcedFrom: 4 }));
    assert.deepEqual([report.enforced, differing(report)], [true, []]);
  });

  it("ends early, without a verdict on anything, where the plugin does not enforce policies", async () => {
    const cluster = network({ enforced: false });
    const report = await check(cluster);
    assert.deepEqual([report.enforced, report.checks], [false, []]);
    assert.deepEqual(left(cluster), []);
  });

  it("fails when a canary does not listen, and leaves nothing behind", async () => {
    const cluster = network({
      runScript: (script) =>
        script.includes("httpd") ? { code: 1, stdout: "", stderr: "port 8080 cannot be listened on\n" } : undefined,
    });
    await assert.rejects(
      check(cluster),
      /^NetcheckError: Canary \S+ does not listen: port 8080 cannot be listened on\.$/,
    );
    assert.deepEqual(left(cluster), []);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const interruption = new AbortController();
    const cluster = network({
      runScript: () => {
        interruption.abort(new Error("Interrupted."));
        return undefined;
      },
    });
    await assert.rejects(check(cluster, { signal: interruption.signal }), /Interrupted\./);
    assert.ok(cluster.objects.length > 0);
    assert.deepEqual(left(cluster), []);
  });
});

function everyProbe(script: string, said: string): string {
  return [...script.matchAll(/^probe (\d+) /gm)].map(([, index = ""]) => `probe ${index} ${said}\n`).join("");
}
