import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Observability } from "../../../components/observability/stack.ts";
import { TIER_DEFAULTS, TIERS } from "../../../spec/index.ts";
import { containerOf, environment, find, ofKind, placements, stack, type Workload } from "./fixtures.ts";
import { collect, hexOf, valueOf, type Registered } from "./mocks.ts";

const SERVERS = ["prometheus", "loki", "grafana"] as const;
const PORTS = { prometheus: 9090, loki: 3100, grafana: 3000 };

function workloads(objects: readonly Registered[]): string[] {
  return [...ofKind(objects, "StatefulSet"), ...ofKind(objects, "DaemonSet")]
    .map(({ inputs }) => (inputs as { metadata: { name: string } }).metadata.name)
    .toSorted();
}

describe("observability stack", () => {
  it("runs Prometheus, Loki, Grafana and a log collector by default", async () => {
    const { objects } = await stack();
    assert.deepEqual(workloads(objects), ["grafana", "log-collector", "loki", "prometheus"]);
  });

  it("creates no more objects than its parts need", async () => {
    const { objects } = await stack();
    const counts: Record<string, number> = {};
    for (const { type } of objects.filter((object) => object.type.startsWith("kubernetes:"))) {
      const kind = type.split(":").at(-1) ?? "";
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    assert.deepEqual(counts, {
      ConfigMap: 4,
      DaemonSet: 1,
      NetworkPolicy: 5,
      PersistentVolumeClaim: 3,
      Role: 1,
      RoleBinding: 1,
      Secret: 1,
      Service: 6,
      ServiceAccount: 1,
      StatefulSet: 3,
    });
  });

  it("names every child after its parent", async () => {
    const { objects } = await stack();
    assert.deepEqual(
      objects.filter(({ name }) => name !== "obs" && !name.startsWith("obs-")),
      [],
    );
  });

  it("gives in-cluster addresses and Grafana's password as a secret", async () => {
    const { stack: created } = await stack();
    assert.deepEqual(created.urls, {
      prometheus: "http://prometheus.shop.svc:9090",
      loki: "http://loki.shop.svc:3100",
      grafana: "http://grafana.shop.svc:3000",
    });
    assert.equal(await valueOf(created.adminPassword), hexOf("obs-grafana-admin-password").slice(0, 32));
  });

  for (const part of SERVERS) {
    it(`leaves out every object of ${part} where it is disabled`, async () => {
      const { objects, stack: created } = await stack("dev", { [part]: { enabled: false } });
      const left = objects.filter(({ inputs }) =>
        (inputs["metadata"] as { name?: string } | undefined)?.name?.startsWith(part),
      );
      assert.deepEqual(left, []);
      assert.equal(created.urls[part], undefined);
    });
  }

  it("has no admin password where Grafana is disabled", async () => {
    const { objects, stack: created } = await stack("dev", { grafana: { enabled: false } });
    assert.equal(created.adminPassword, undefined);
    assert.deepEqual(ofKind(objects, "RandomPassword"), []);
  });

  it("runs no collector where Loki is disabled, there being nowhere to send logs to", async () => {
    const { objects } = await stack("dev", { loki: { enabled: false } });
    assert.deepEqual(workloads(objects), ["grafana", "prometheus"]);
  });

  it("runs no collector where that is disabled", async () => {
    const { objects } = await stack("dev", { collector: { enabled: false } });
    assert.deepEqual(workloads(objects), ["grafana", "loki", "prometheus"]);
  });

  it("runs no collector where it is given no namespace for it", async () => {
    const { placement } = placements();
    const { objects } = await collect(
      () => new Observability("obs", { placement, environment: environment(), checksumKey: "key" }),
    );
    assert.deepEqual(workloads(objects), ["grafana", "loki", "prometheus"]);
  });

  it("creates nothing where the whole stack is disabled", async () => {
    const { objects } = await stack("dev", { enabled: false });
    assert.deepEqual(
      objects.map(({ type }) => type),
      ["terrarium:index:Observability"],
    );
  });

  for (const tier of TIERS) {
    it(`sizes volumes for tier ${tier} and keeps one pod of each server`, async () => {
      const { objects } = await stack(tier);
      const { prometheusStorage, lokiStorage, grafanaStorage } = TIER_DEFAULTS[tier].observability;
      const sizes = { prometheus: prometheusStorage, loki: lokiStorage, grafana: grafanaStorage };
      for (const server of SERVERS) {
        const { spec } = find<Workload>(objects, "StatefulSet", server);
        const volume = spec.template.spec.volumes.find(({ name }) => name === "data");
        assert.equal(volume?.persistentVolumeClaim?.claimName, `${server}-data`);
        const claim = find<ClaimManifest>(objects, "PersistentVolumeClaim", `${server}-data`);
        assert.equal(claim.spec.resources.requests.storage, sizes[server]);
        assert.equal(spec.replicas, 1);
        assert.equal(spec.serviceName, `${server}-headless`);
      }
    });
  }

  it("opens NodePorts, and the policies to them, where the tier wants them", async () => {
    const { objects } = await stack("dev", { grafana: { nodePort: 30300 } });
    for (const server of SERVERS) {
      const service = find<ServiceManifest>(objects, "Service", server);
      assert.equal(service.spec.type, "NodePort");
      assert.equal(service.spec.ports[0]?.nodePort, server === "grafana" ? 30300 : undefined);
      assert.ok(admitsEverywhere(objects, server));
    }
  });

  it("opens no NodePort and no policy to the outside where the tier does not", async () => {
    for (const tier of ["staging", "prod"] as const) {
      const { objects } = await stack(tier, { grafana: { nodePort: 30300 } });
      for (const server of SERVERS) {
        assert.equal(find<ServiceManifest>(objects, "Service", server).spec.type, "ClusterIP");
        assert.ok(!admitsEverywhere(objects, server));
      }
    }
  });

  it("keeps every Service from being waited for", async () => {
    const { objects } = await stack();
    for (const { inputs } of ofKind(objects, "Service")) {
      const { metadata } = inputs as unknown as ServiceManifest;
      assert.equal(metadata.annotations["pulumi.com/skipAwait"], "true", metadata.name);
    }
  });

  it("lets Prometheus find every server by annotation", async () => {
    const { objects } = await stack();
    for (const server of SERVERS) {
      const { annotations } = find<Workload>(objects, "StatefulSet", server).spec.template.metadata;
      assert.equal(annotations["prometheus.io/scrape"], "true");
      assert.equal(annotations["prometheus.io/port"], String(PORTS[server]));
    }
  });

  it("hardens every pod and probes it by HTTP: the images have no shell to rely on", async () => {
    const { objects } = await stack();
    for (const { inputs } of [...ofKind(objects, "StatefulSet"), ...ofKind(objects, "DaemonSet")]) {
      const container = containerOf(inputs as unknown as Workload);
      assert.equal(container.securityContext.readOnlyRootFilesystem, true);
      assert.deepEqual(container.securityContext.capabilities.drop, ["ALL"]);
      for (const probe of [container.livenessProbe, container.readinessProbe]) {
        assert.ok(probe.httpGet);
        assert.equal(probe.exec, undefined);
      }
    }
  });

  it("runs each server as the user that its image's files belong to", async () => {
    const { objects } = await stack();
    const users = SERVERS.map(
      (server) => find<Workload>(objects, "StatefulSet", server).spec.template.spec.securityContext.runAsUser,
    );
    assert.deepEqual(users, [65534, 10001, 472]);
  });

  it("gives an API token to Prometheus alone", async () => {
    const { objects } = await stack();
    const withToken = [...ofKind(objects, "StatefulSet"), ...ofKind(objects, "DaemonSet")]
      .filter(({ inputs }) => (inputs as unknown as Workload).spec.template.spec.automountServiceAccountToken)
      .map(({ inputs }) => (inputs as { metadata: { name: string } }).metadata.name);
    assert.deepEqual(withToken, ["prometheus"]);
  });

  it("passes objects of every part through the escape hatch", async () => {
    const seen: string[] = [];
    const { objects } = await collect(
      () =>
        new Observability("obs", {
          ...placements(),
          environment: environment(),
          checksumKey: pulumi.secret("key"),
          transform: ({ type, name, props }) => {
            seen.push(`${type} ${name}`);
            return type.endsWith(":DaemonSet") ? { ...props, marked: true } : undefined;
          },
        }),
    );
    assert.equal(ofKind(objects, "DaemonSet")[0]?.inputs["marked"], true);
    assert.equal(new Set(seen).size, seen.length, "an object went through twice");
  });
});

interface ServiceManifest {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: { readonly type: string; readonly ports: readonly { readonly nodePort?: number }[] };
}

interface ClaimManifest {
  readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
}

interface PolicyManifest {
  readonly spec: {
    readonly ingress: readonly { readonly from: readonly { readonly ipBlock?: { readonly cidr: string } }[] }[];
  };
}

function admitsEverywhere(objects: readonly Registered[], server: string): boolean {
  const { spec } = find<PolicyManifest>(objects, "NetworkPolicy", server);
  return spec.ingress.some(({ from }) => from.some(({ ipBlock }) => ipBlock?.cidr === "0.0.0.0/0"));
}
