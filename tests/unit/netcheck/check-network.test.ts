import assert from "node:assert/strict";
import { checkNetwork, isAsDeclared, type NetcheckArgs, type NetworkReport } from "../../../netcheck/check-network.ts";
import type { ScriptResult } from "../../../netcheck/cluster.ts";
import { type KubeObject, resolveEnvironment } from "../../../spec/index.ts";
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
  /**
   * Who gets through to whom, and who does not, whatever is declared; asked at every attempt.
   *
   * @param connection the side that is judged, who connects and to whom, e.g. "egress api > web".
   */
  readonly exception?: (connection: string, attempt: number) => boolean | undefined;
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
  const openedOf = (pod: KubeObject | undefined): string | undefined =>
    pod?.metadata.labels?.["terrarium.dev/canary-opened"]?.split("-")[0];
  const cluster = scriptedCluster({
    namespaces: ["shop-dev", "kube-system"],
    runScript: (_, pod, script) => Promise.resolve(more.runScript?.(script) ?? answer(pod, script)),
  });
  const answer = (pod: string, script: string): ScriptResult => {
    const pods = cluster.objects.filter(({ kind }) => kind === "Pod");
    const source = pods.find(({ metadata }) => metadata.name === pod);
    const lines = [...script.matchAll(/^probe (\d+) (\w+) (\S+) (\d+)/gm)].map(([, index, , host = "", port = ""]) => {
      const to = /10\.244\.0\.(\d+)/.exec(host)?.[1];
      // Addresses are given in the order in which canaries are first looked at, which is that of their creation.
      const target = to === undefined ? undefined : pods[Number(to) - 1];
      const [from, name] = [roleOf(source), target ? roleOf(target) : host.replaceAll(/['"]/g, "")];
      const opened = openedOf(target) ?? openedOf(source);
      const judged = opened === undefined ? "" : opened === "ingress" ? "egress " : "ingress ";
      const isOpened = from === "foreign" ? opened === "ingress" : name === "foreign" && opened === "egress";
      const connection = `${target === undefined ? "" : judged}${from} > ${name}`;
      const attempt = (attempts.get(`${connection}:${port}`) ?? 0) + 1;
      attempts.set(`${connection}:${port}`, attempt);
      const denies =
        cluster.objects.some(({ metadata }) => metadata.name === "deny-everything") &&
        (more.enforced ?? true) &&
        attempt >= (more.enforcedFrom ?? 1);
      const isDeclared =
        (/(^| )web > api$/.test(connection) && port === "8080") ||
        connection === "foreign > kubernetes.default.svc" ||
        name === "$resolver";
      const isOpen = isDeclared || source === target || isOpened || (name === "guarded" && !denies);
      return `probe ${index} ${(more.exception?.(connection, attempt) ?? isOpen) ? OPEN : (more.denial ?? DROPPED)}\n`;
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
  checks
    .filter((result) => !isAsDeclared(result))
    .map(({ side, from, to, port, got }) => `${side}: ${from} > ${to}:${port} is ${got}`);

/** Canaries, policies and namespaces that were made and not removed; what is in a namespace goes with it. */
function left({ calls, objects }: ScriptedCluster): string[] {
  const removed = calls.filter((call) => call.startsWith("delete")).join(" ");
  const made = [
    ...objects
      .filter(({ metadata }) => !metadata.namespace?.startsWith("canary-test-"))
      .map(({ metadata }) => metadata.name),
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

  it("shows a connection that is open though it is not declared, and of which side", async () => {
    const opened = (connection: string) => /^(egress|ingress) api > web$/.test(connection) || undefined;
    const both = ["egress: api > web:7777 is open", "egress: api > web:8080 is open"];
    assert.deepEqual(differing(await check(network({ exception: opened }))), [
      ...both,
      ...both.map((line) => line.replace("egress", "ingress")),
    ]);
  });

  it("shows a side that is open or closed by mistake though the other one hides that", async () => {
    const ingress = network({ exception: (connection) => connection === "ingress api > web" || undefined });
    assert.deepEqual(differing(await check(ingress)), [
      "ingress: api > web:7777 is open",
      "ingress: api > web:8080 is open",
    ]);
    const egress = network({ exception: (connection) => (connection === "egress web > api" ? false : undefined) });
    assert.deepEqual(differing(await check(egress)), ["egress: web > api:8080 is closed"]);
  });

  it("shows a declared connection that is refused as that, not as closed", async () => {
    const refuse = network({
      runScript: (script) =>
        /^probe \d+ tcp 'api' 8080/m.test(script)
          ? { code: 0, stdout: everyProbe(script, REFUSED), stderr: "" }
          : undefined,
    });
    assert.ok(differing(await check(refuse)).includes("both: web > service/api:8080 is refused"));
  });

  it("tries again what is not as declared: rules follow a new pod after a moment", async () => {
    const report = await check(
      network({ exception: (connection, attempt) => (connection === "egress api > web" && attempt < 2) || undefined }),
    );
    assert.deepEqual(differing(report), []);
  });

  it("waits until the policies that open canaries are in force, before anything is judged", async () => {
    const early = (connection: string, attempt: number) =>
      connection === "ingress web > foreign" && attempt < 4 ? false : undefined;
    assert.deepEqual(differing(await check(network({ exception: early }))), []);
  });

  it("fails when a policy that opens a canary has no effect, and leaves nothing behind", async () => {
    for (const connection of ["ingress web > foreign", "egress foreign > web"]) {
      const cluster = network({ exception: (tried) => (tried === connection ? false : undefined) });
      await assert.rejects(
        check(cluster),
        /^NetcheckError: Canary shop-dev\/canary-\w+ (does not reach|is not reached from) another namespace though a policy of this run opens it; .* \(closed\)\.$/,
      );
      assert.deepEqual(left(cluster), []);
    }
  });

  it("takes a refusal for closed where the plugin denies by refusing", async () => {
    const report = await check(network({ denial: REFUSED }));
    assert.deepEqual(
      differing(report).filter((line) => !line.endsWith("another namespace:53 is refused")),
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
