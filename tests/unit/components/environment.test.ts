import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Environment } from "../../../components/index.ts";
import { InvalidSpecError, type EnvironmentSpec } from "../../../spec/index.ts";
import { generatedPassword, record, valueOf } from "../mocks.ts";
import { NO_OBSERVABILITY, recordEnvironment, recordGuestbook } from "./guestbook.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";

function shop(over: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return { name: "shop-dev", tier: "dev", application: "shop", ...NO_OBSERVABILITY, ...over };
}

/** What a resource waits for, without what every pod waits for. */
function own(dependsOn: readonly string[]): string[] {
  return dependsOn.filter((name) => !name.startsWith("shop-dev-"));
}

describe("An environment by default", () => {
  it("is a namespace that admits and connects nothing by itself", async () => {
    const { recording } = await recordEnvironment({ spec: shop() });
    assert.deepEqual(recording.names(), [
      "Namespace shop-dev",
      "NetworkPolicy allow-dns",
      "NetworkPolicy default-deny",
      "ServiceAccount shop-workload",
    ]);
  });

  it("has the observability stack", async () => {
    const { environment, recording } = await recordEnvironment({ spec: shop({ observability: {} }) });
    for (const name of ["prometheus", "loki", "grafana"] as const) recording.one("StatefulSet", name);
    assert.ok(environment.grafanaPassword);
    assert.equal(await pulumi.isSecret(environment.grafanaPassword), true);
  });

  it("has a second namespace for the log collector, the only one that admits privileged pods", async () => {
    const { recording } = await recordEnvironment({ spec: shop({ observability: {} }) });
    assert.deepEqual(
      recording
        .all("Namespace")
        .map(({ object: { metadata } }) => [metadata.name, metadata.labels["pod-security.kubernetes.io/enforce"]])
        .sort(),
      [
        ["shop-dev", "restricted"],
        ["shop-dev-logs", "privileged"],
      ],
    );
    assert.equal(recording.one("DaemonSet", "log-collector").object.metadata.namespace, "shop-dev-logs");
    // A destroy deletes what depends on a namespace first: waiting for both puts the two into the same step.
    const { dependsOn } = recording.one("ServiceAccount", "shop-workload");
    assert.deepEqual(dependsOn, ["shop-dev-logs-namespace", "shop-dev-namespace"]);
  });

  it("has no second namespace where Loki or the log collector is off", async () => {
    for (const part of ["loki", "collector"]) {
      const spec = shop({ observability: { [part]: { enabled: false } } });
      const { recording } = await recordEnvironment({ spec });
      assert.deepEqual(
        recording.all("Namespace").map(({ object }) => object.metadata.name),
        ["shop-dev"],
        part,
      );
      assert.deepEqual(recording.one("ServiceAccount", "shop-workload").dependsOn, ["shop-dev-namespace"]);
    }
  });

  it("says its namespace and where its services are", async () => {
    const services = { api: { image: IMAGE }, web: { image: IMAGE, ports: { http: 3000 } } };
    const { environment, recording } = await recordEnvironment({ spec: shop({ services }) });
    const outputs = { namespace: "shop-dev", urls: { api: "http://api:8080", web: "http://web:3000" } };
    assert.deepEqual({ namespace: environment.namespace, urls: environment.urls }, outputs);
    assert.deepEqual(recording.named("shop-dev", ":Environment").outputs, outputs);
    assert.equal(environment.grafanaPassword, undefined);
    assert.deepEqual(environment.testUserPasswords, {});
  });
});

describe("An environment", () => {
  it("is refused before any resource is registered, with everything that is wrong", async () => {
    const { recording } = await record(() => {
      assert.throws(
        () =>
          new Environment("shop-dev", {
            spec: shop({ services: { api: { image: IMAGE, calls: ["db"], replicas: -1 } } }),
          }),
        (error) => error instanceof InvalidSpecError && error.problems.length === 1,
      );
    });
    assert.deepEqual(recording.resources, []);
  });

  it("is refused where a service names a secret value that isn't there", async () => {
    await record(() => {
      const services = { api: { image: IMAGE, secrets: { TOKEN: { config: "token" } } } };
      assert.throws(
        () => new Environment("shop-dev", { spec: shop({ services }) }),
        /services\.api\.secrets\.TOKEN\.config: got "token"/,
      );
      assert.ok(new Environment("shop-dev", { spec: shop({ services }), secretValues: { token: pulumi.secret("x") } }));
    });
  });

  it("starts services after the data stores they call and the stores' migrations, one after the other", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({
        services: {
          api: { image: IMAGE, calls: ["db", "cache"] },
          web: { image: IMAGE, calls: ["api"] },
          job: { image: IMAGE, calls: ["cache"] },
        },
        dataStores: { db: { engine: "postgres" }, other: { engine: "postgres" }, cache: { engine: "redis" } },
        migrations: {
          schema: { dataStore: "db", image: IMAGE, command: ["migrate"] },
          data: { dataStore: "db", image: IMAGE, command: ["seed"] },
          elsewhere: { dataStore: "other", image: IMAGE, command: ["migrate"] },
        },
      }),
    });
    assert.deepEqual(own(recording.one("Job", "schema").dependsOn), [
      "db-statefulset",
      "schema-network-policy",
      "schema-secret",
    ]);
    const { dependsOn } = recording.one("Job", "data");
    assert.ok(dependsOn.includes("schema-job") && dependsOn.includes("db-statefulset"));
    assert.deepEqual(own(recording.one("Deployment", "api").dependsOn), [
      "api-config",
      "api-secret",
      "cache-password",
      "cache-statefulset",
      "data-job",
      "db-password",
      "db-statefulset",
      "schema-job",
    ]);
    assert.deepEqual(own(recording.one("Deployment", "job").dependsOn), [
      "cache-password",
      "cache-statefulset",
      "job-config",
      "job-secret",
    ]);
    assert.deepEqual(own(recording.one("Deployment", "web").dependsOn), ["web-config"]);
  });

  it("registers what its data stores need before anything of its services, which nothing else waits for", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({
        services: { api: { image: IMAGE, calls: ["db"] }, web: { image: IMAGE } },
        dataStores: { db: { engine: "postgres" }, cache: { engine: "redis" } },
      }),
    });
    const objects = recording.objects().map(({ name }) => name);
    const first = objects.findIndex((name) => /^(api|web)-/.test(name));
    for (const name of ["db-secret", "db-config", "db-volume", "cache-secret", "cache-volume"]) {
      assert.ok(objects.indexOf(name) >= 0 && objects.indexOf(name) < first, `${name} in ${objects.join()}`);
    }
  });

  it("starts a service after those it says, also when they are declared later", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({
        services: {
          a: { image: IMAGE, startAfter: ["b", "c"] },
          b: { image: IMAGE, startAfter: ["c"] },
          c: { image: IMAGE },
        },
      }),
    });
    assert.deepEqual(own(recording.one("Deployment", "a").dependsOn), ["a-config", "b-deployment", "c-deployment"]);
    assert.deepEqual(own(recording.one("Deployment", "b").dependsOn), ["b-config", "c-deployment"]);
    assert.deepEqual(own(recording.one("Deployment", "c").dependsOn), ["c-config"]);
  });

  it("tells services the addresses and credentials of what they call, and nothing of anything else", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({
        services: {
          api: { image: IMAGE, calls: ["db", "auth"] },
          auth: { image: IMAGE, ports: { http: 9000, grpc: 9001 } },
        },
        dataStores: { db: { engine: "postgres" }, cache: { engine: "redis" } },
      }),
    });
    assert.deepEqual(recording.one("ConfigMap", "api").object.data, {
      LOG_LEVEL: "debug",
      PORT: "8080",
      AUTH_URL: "http://auth:9000",
      DB_HOST: "db",
      DB_PORT: "5432",
      DB_DATABASE: "app",
      DB_USER: "app_a",
    });
    assert.deepEqual(Object.keys(recording.one("Secret", "api").object.stringData).sort(), [
      "DATABASE_URL",
      "DB_PASSWORD",
      "DB_URL",
    ]);
    assert.deepEqual(recording.one("ConfigMap", "auth").object.data, { LOG_LEVEL: "debug", PORT: "9000" });
  });

  it("leaves DATABASE_URL out where a service calls two databases", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({
        services: { api: { image: IMAGE, calls: ["a", "b"] } },
        dataStores: { a: { engine: "postgres" }, b: { engine: "postgres" } },
      }),
    });
    assert.deepEqual(Object.keys(recording.one("Secret", "api").object.stringData).sort(), [
      "A_PASSWORD",
      "A_URL",
      "B_PASSWORD",
      "B_URL",
    ]);
  });

  it("with names that only differ in where their parts end has no two resources of one name", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({
        services: {
          a: { image: IMAGE, secrets: { B_C: { generate: {} }, b_c: { generate: {} } } },
          "a-b": { image: IMAGE, secrets: { C: { generate: {} } } },
        },
        dataStores: { db: { engine: "postgres" }, "db-superuser": { engine: "postgres" } },
      }),
    });
    assert.equal(recording.all("Secret").length, 4);
  });

  it("may have parts called like a property of every object", async () => {
    const services = { web: { image: IMAGE, calls: ["constructor"] } };
    const { recording } = await recordEnvironment({
      spec: shop({ services, dataStores: { constructor: { engine: "redis" as const } } }),
    });
    assert.equal(recording.one("ConfigMap", "web").object.data["CONSTRUCTOR_HOST"], "constructor");
  });

  it("tells the passwords of seeded test users, by migration, as secrets", async () => {
    const { environment } = await recordGuestbook("dev");
    const { "guestbook-migrate": password, ...others } = environment.testUserPasswords;
    assert.ok(password);
    assert.equal(await valueOf(password), generatedPassword("guestbook-migrate-test-user", 24));
    assert.equal(await pulumi.isSecret(password), true);
    assert.deepEqual(others, {});
    assert.deepEqual((await recordGuestbook("prod")).environment.testUserPasswords, {});
  });

  it("has ServiceMonitors where the cluster knows them or the description insists, and else none", async () => {
    const apiServer = [{ cidr: "172.18.0.2/32", port: 6443 }];
    const monitors = async (mode: "auto" | "always" | "never", known: boolean | undefined) => {
      const spec = shop({
        services: { api: { image: IMAGE } },
        observability: { enabled: false, serviceMonitors: mode },
      });
      const facts = known === undefined ? undefined : { serviceMonitors: known, apiServer };
      return (await recordEnvironment({ spec, facts })).recording.all("ServiceMonitor").length;
    };
    assert.deepEqual(
      [await monitors("auto", undefined), await monitors("auto", false), await monitors("auto", true)],
      [0, 0, 1],
    );
    assert.deepEqual([await monitors("always", false), await monitors("never", true)], [1, 0]);
  });

  it("has routes and an autoscaler for the guestbook in prod, and neither in dev", async () => {
    const { recording } = await recordGuestbook("prod");
    assert.deepEqual(
      recording.all("HTTPRoute").map(({ object }) => object.metadata.name),
      ["guestbook-mf", "guestbook-backend"],
    );
    assert.deepEqual(
      recording.all("HorizontalPodAutoscaler").map(({ object }) => object.metadata.name),
      ["guestbook-mf", "guestbook-backend"],
    );
    const dev = (await recordGuestbook("dev")).recording;
    assert.deepEqual([dev.all("HTTPRoute"), dev.all("HorizontalPodAutoscaler")], [[], []]);
  });

  it("with a quota has it before any pod", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({ services: { api: { image: IMAGE } }, quota: { memory: "4Gi" } }),
    });
    assert.deepEqual(recording.one("ResourceQuota", "quota").object.spec.hard, { "limits.memory": "4Gi" });
    const { dependsOn } = recording.one("Deployment", "api");
    assert.ok(dependsOn.includes("shop-dev-quota") && dependsOn.includes("shop-dev-limits"));
  });

  it("opens itself or the internet to all its pods only where its network says so", async () => {
    const { recording } = await recordEnvironment({
      spec: shop({ network: { allowWithinNamespace: true, httpsEgress: "all" } }),
    });
    assert.deepEqual(
      recording
        .all("NetworkPolicy")
        .map(({ object }) => object.metadata.name)
        .sort(),
      ["allow-dns", "allow-https-egress", "allow-within-namespace", "default-deny"],
    );
  });
});
