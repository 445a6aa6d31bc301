import assert from "node:assert/strict";
import fc from "fast-check";
import { partPolicy } from "../../../components/index.ts";
import { mapValues, resolveEnvironment, selectorLabels, TIERS, type EnvironmentSpec } from "../../../spec/index.ts";
import {
  admits,
  isAdmitted,
  type Endpoint,
  type Policy,
  type PolicyWorld,
  type Target,
} from "../network-policy-evaluator.ts";
import type { Recording } from "../mocks.ts";
import { declared, description, LOG_COLLECTOR, partsOf, type Description } from "./declared-network.ts";
import { guestbookSpec, NO_OBSERVABILITY, recordEnvironment } from "./guestbook.ts";

const API_SERVER = { cidr: "172.18.0.2/32", port: 6443 };
const FACTS = { serviceMonitors: false, apiServer: [API_SERVER] };
const IMAGE = "registry.example.com/shop/api:1.0.0";

/** Ports beyond the declared ones: what must stay closed is tried there too. */
const OTHER_PORTS = [22, 53, 80, 443, 6443, 9418, 10250, 65535];

/** A private network that some services may reach. */
const EGRESS = { cidr: "10.20.0.0/16", ports: [22, 9418] };
const INSIDE_EGRESS = ["10.20.0.0", "10.20.255.255"];

/** Any environment, any of whose services may reach a private network. */
const anyEnvironment = fc
  .tuple(description, fc.subarray(["api", "api-web", "worker"]))
  .map(([spec, names]): Description => {
    const services = mapValues(spec.services, (service, name) =>
      names.includes(name) ? { ...service, egress: [EGRESS] } : service,
    );
    return { ...spec, services };
  });

/** What is really there: the registered policies, namespaces, and one pod of every template. */
function worldOf(recording: Recording): { world: PolicyWorld; pods: ReadonlyMap<string, Endpoint> } {
  const world = {
    policies: recording.all("NetworkPolicy").map(({ object }) => object as unknown as Policy),
    namespaces: Object.fromEntries(
      recording.all("Namespace").map(({ object: { metadata } }) => [metadata.name, metadata.labels]),
    ),
  };
  const pods = recording.podTemplates().map(({ metadata, namespace, spec }, index): [string, Endpoint] => {
    const ports = spec.containers.flatMap((container) => container.ports ?? []);
    const endpoint: Endpoint = {
      ip: `10.244.0.${index + 1}`,
      namespace,
      labels: metadata.labels,
      ports: Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort])),
    };
    return [metadata.labels["app.kubernetes.io/name"] ?? "", endpoint];
  });
  return { world, pods: new Map(pods) };
}

const tcp = (port: number): Target => ({ protocol: "TCP", port });
const udp = (port: number): Target => ({ protocol: "UDP", port });

/** Every connection that is open though it shouldn't be, and every one that is closed though it shouldn't be. */
function deviations(spec: Description, recording: Recording): string[] {
  const { world, pods } = worldOf(recording);
  const open = declared(spec);
  const found: string[] = [];
  const expect = (wanted: boolean, what: string, from: Endpoint, to: Endpoint, target: Target): void => {
    const actual = isAdmitted(world, from, to, target);
    if (actual !== wanted) found.push(`${what}:${target.port}/${target.protocol} is ${actual ? "open" : "closed"}`);
  };
  const declaredPorts = Object.values(spec.services).flatMap(({ ports }) => Object.values(ports));
  const everyPort = [
    ...new Set([...declaredPorts, 5432, 6379, 9090, 3100, 3000, 4318, 9100, 9121, 9187, ...OTHER_PORTS]),
  ];
  const inside = (name: string) => name !== LOG_COLLECTOR;

  // Each side on its own: a door that only the other side keeps shut opens to whatever that side doesn't know.
  const expectEach = (
    wanted: boolean,
    anywhere: boolean,
    what: string,
    from: Endpoint,
    to: Endpoint,
    target: Target,
  ): void => {
    const out = admits(world, "Egress", from, to, target);
    const into = admits(world, "Ingress", to, from, target);
    if (out !== wanted)
      found.push(`${what}:${target.port}/${target.protocol} is ${out ? "open" : "closed"} at the start`);
    if (into !== (wanted || anywhere))
      found.push(`${what}:${target.port}/${target.protocol} is ${into ? "open" : "closed"} at the end`);
  };
  for (const [from, source] of pods) {
    for (const [to, pod] of pods) {
      const within = spec.network.allowWithinNamespace && inside(from) && inside(to);
      const destination = { ...pod, ip: "10.244.9.9" };
      for (const port of everyPort) {
        expectEach(
          within || open.has(`${from} > ${to}:${port}`),
          nodePortOf(to) === port,
          `${from} > ${to}`,
          source,
          destination,
          tcp(port),
        );
      }
      for (const port of [53, 5432, 8080]) expectEach(within, false, `${from} > ${to}`, source, destination, udp(port));
    }
  }
  for (const [name, pod] of pods) {
    checkEgress(name, pod);
    checkIngress(name, pod);
  }
  return found;

  /** The port of a part that its NodePort opens to everyone. */
  function nodePortOf(name: string): number | undefined {
    const service = spec.services[name];
    if (service) return service.nodePort === undefined ? undefined : service.ports["http"];
    return spec.observability.nodePorts ? { prometheus: 9090, loki: 3100, grafana: 3000 }[name] : undefined;
  }

  function checkEgress(name: string, pod: Endpoint): void {
    const service = spec.services[name];
    const toApiServer = ["prometheus", "kube-state-metrics"].includes(name) || service?.serviceAccountToken === true;
    const sendsTraces = name === LOG_COLLECTOR && spec.observability.collector.traces !== undefined;
    const toInternet =
      sendsTraces || (inside(name) && (service?.internet === true || spec.network.httpsEgress === "all"));
    for (const ip of ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1"]) {
      for (const port of everyPort) expect(toInternet && port === 443, `${name} > ${ip}`, pod, { ip }, tcp(port));
      expect(false, `${name} > ${ip}`, pod, { ip }, udp(443));
    }
    for (const ip of [
      "10.0.0.1",
      "10.19.255.255",
      "10.21.0.0",
      "10.244.7.7",
      "172.16.0.1",
      "172.31.255.254",
      "192.168.1.1",
      "192.0.0.192",
      "240.0.0.1",
      "169.254.169.254",
      "100.64.0.1",
      "127.0.0.1",
    ]) {
      for (const port of everyPort) expect(false, `${name} > ${ip}`, pod, { ip }, tcp(port));
    }
    for (const ip of INSIDE_EGRESS) {
      const ports = service?.egress?.flatMap((each) => each.ports) ?? [];
      for (const port of everyPort) expect(ports.includes(port), `${name} > ${ip}`, pod, { ip }, tcp(port));
      expect(false, `${name} > ${ip}`, pod, { ip }, udp(9418));
    }
    for (const port of everyPort)
      expect(toApiServer && port === 6443, `${name} > API server`, pod, { ip: "172.18.0.2" }, tcp(port));
    for (const namespace of ["kube-system", "dns", "default"]) {
      const pods: Endpoint = { ip: "10.244.3.3", namespace, labels: { "k8s-app": "kube-dns" } };
      const isDns = namespace === spec.network.dnsNamespace;
      for (const port of everyPort) expect(isDns && port === 53, `${name} > ${namespace}`, pod, pods, tcp(port));
      expect(isDns, `${name} > ${namespace}`, pod, pods, udp(53));
      expect(false, `${name} > ${namespace}`, pod, pods, udp(5353));
    }
    expect(
      false,
      `${name} > its double in another namespace`,
      pod,
      { ...pod, ip: "10.244.3.4", namespace: "default" },
      tcp(8080),
    );
  }

  function checkIngress(name: string, pod: Endpoint): void {
    const { observability, network } = spec;
    const service = spec.services[name];
    const exposed = service?.expose && service.ports[service.expose.port];
    const metrics =
      observability.serviceMonitors === "always" && service && service.metrics !== false
        ? service.ports[service.metrics.port]
        : undefined;
    const collected = observability.enabled && observability.collector.enabled && name === "loki" ? 3100 : undefined;
    const openTo: Readonly<Record<string, (number | undefined)[]>> = {
      [network.ingressNamespace]: [exposed],
      monitoring: [metrics],
      [`${spec.name}-logs`]: [collected],
      default: [],
      "kube-system": [],
      [network.ingressNamespace === "gateway" ? "ingress-nginx" : "gateway"]: [],
    };
    for (const port of everyPort) {
      const anywhere = nodePortOf(name) === port;
      for (const ip of ["93.184.216.34", "10.0.0.1", "192.168.1.1"])
        expect(anywhere, `${ip} > ${name}`, { ip }, pod, tcp(port));
      for (const [namespace, ports] of Object.entries(openTo)) {
        const labels = selectorLabels({ name: "api", instance: spec.name });
        const from = { ip: "10.244.5.5", namespace, labels: namespace === `${spec.name}-logs` ? {} : labels };
        if (name === LOG_COLLECTOR) continue;
        // A pod of the logs namespace that no policy isolates stands for the collector here: its own egress is checked above.
        const isolated = {
          ...world,
          policies: world.policies.filter((policy) => policy.metadata.namespace !== namespace),
        };
        const actual = isAdmitted(isolated, from, pod, tcp(port));
        if (actual !== (anywhere || ports.includes(port)))
          found.push(`${namespace} > ${name}:${port} is ${actual ? "open" : "closed"}`);
      }
      if (name === LOG_COLLECTOR)
        expect(false, `default > ${name}`, { ip: "10.244.5.5", namespace: "default", labels: {} }, pod, tcp(port));
    }
  }
}

function toSpec(spec: Description): EnvironmentSpec {
  return spec as unknown as EnvironmentSpec;
}

describe("Network policies", () => {
  it("open exactly what the environment declares, in both directions, for any environment", async () => {
    await fc.assert(
      fc.asyncProperty(anyEnvironment, async (spec) => {
        const { recording } = await recordEnvironment({ spec: toSpec(spec), facts: FACTS });
        assert.deepEqual([...worldOf(recording).pods.keys()].sort(), partsOf(spec));
        assert.deepEqual(deviations(spec, recording), []);
      }),
      { numRuns: 30 },
    );
  }).timeout(180_000);

  for (const tier of TIERS) {
    it(`of the guestbook in tier ${tier} open exactly what it declares`, async () => {
      const { name, application, services = {}, dataStores = {}, migrations = {}, network } = guestbookSpec(tier);
      const { recording } = await recordEnvironment({ spec: guestbookSpec(tier), facts: FACTS });
      const on = { enabled: true };
      const off = { enabled: false };
      const spec = {
        name,
        application,
        services: Object.fromEntries(
          Object.entries(services).map(
            ([service, { ports = { http: 8080 }, metrics = { port: "http" }, calls = [], expose }]) => [
              service,
              { ports, metrics, calls, ...(expose ? { expose: { port: "http" } } : {}) },
            ],
          ),
        ),
        dataStores: Object.fromEntries(
          Object.entries(dataStores).map(([store, { engine }]) => [
            store,
            { engine, backup: tier === "dev" ? false : {} },
          ]),
        ),
        migrations,
        network: {
          ingressNamespace: "ingress-nginx",
          dnsNamespace: "kube-system",
          allowWithinNamespace: false,
          httpsEgress: "declared",
          ...network,
        },
        observability: {
          enabled: true,
          serviceMonitors: "never",
          nodePorts: tier === "dev",
          prometheus: on,
          loki: on,
          grafana: on,
          collector: on,
          exporters: { kubeState: off, node: off, postgres: off, redis: off },
        },
      } as unknown as Description;
      assert.deepEqual(deviations(spec, recording), []);
    });
  }

  it("hold for a canary pod that has the stable labels only", async () => {
    const { recording } = await recordEnvironment({ spec: guestbookSpec("dev"), facts: FACTS });
    const { world, pods } = worldOf(recording);
    const canary: Endpoint = {
      ip: "10.244.8.8",
      namespace: "guestbook-dev",
      labels: selectorLabels({ name: "guestbook-worker", instance: "guestbook-dev" }),
    };
    const to = (name: string): Endpoint => pods.get(name) ?? assert.fail(name);
    assert.equal(isAdmitted(world, canary, to("postgres"), tcp(5432)), true);
    assert.equal(isAdmitted(world, canary, to("guestbook-auth"), tcp(8080)), false);
  });

  it("of a part without any declaration are closed in both directions", () => {
    const environment = resolveEnvironment({
      name: "shop-dev",
      tier: "dev",
      application: "shop",
      services: { api: { image: IMAGE, metrics: false } },
      ...NO_OBSERVABILITY,
    });
    assert.deepEqual(partPolicy("api", environment), {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "api", "app.kubernetes.io/instance": "shop-dev" } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [],
    });
  });

  it("let a service with an API token reach the API server wherever it may be, when its address isn't known", async () => {
    const services = { api: { image: IMAGE, serviceAccountToken: true }, web: { image: IMAGE } };
    const { recording } = await recordEnvironment({
      spec: { name: "shop-dev", tier: "dev", application: "shop", services, ...NO_OBSERVABILITY },
    });
    const { world, pods } = worldOf(recording);
    for (const port of [443, 6443, 80]) {
      for (const [name, pod] of pods) {
        assert.equal(
          isAdmitted(world, pod, { ip: "10.96.0.1" }, tcp(port)),
          name === "api" && port !== 80,
          `${name}:${port}`,
        );
      }
    }
  });

  it("select pods on their stable labels, and the environment-wide ones select all", async () => {
    const { recording } = await recordEnvironment({ spec: guestbookSpec("prod") });
    for (const { object } of recording.all("NetworkPolicy")) {
      const { name, namespace, labels } = object.metadata;
      const everyPod = ["default-deny", "allow-dns"].includes(name);
      const instance = labels["app.kubernetes.io/instance"];
      assert.deepEqual(
        object.spec.podSelector,
        everyPod ? {} : { matchLabels: selectorLabels({ name, instance: instance ?? "" }) },
        `${namespace}/${name}`,
      );
      assert.ok(object.spec.policyTypes.includes("Egress") || name !== "default-deny");
    }
  });
});

describe("An environment behind certain pods of the ingress controller's namespace", () => {
  it("admits these pods to what it exposes, and no others of the namespace", () => {
    const environment = resolveEnvironment({
      name: "shop-dev",
      tier: "dev",
      application: "shop",
      services: { web: { image: IMAGE, expose: {}, metrics: false } },
      network: { ingressNamespace: "terrarium", ingressPods: { "app.kubernetes.io/name": "activator" } },
    });
    assert.deepEqual(partPolicy("web", environment).ingress, [
      {
        from: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "terrarium" } },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "activator" } },
          },
        ],
        ports: [{ protocol: "TCP", port: 8080 }],
      },
    ]);
  });
});
