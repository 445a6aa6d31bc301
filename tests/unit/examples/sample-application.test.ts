import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { resolveEnvironment, toEnvironmentSpec, type ResolvedEnvironment } from "../../../spec/index.ts";
import { goldenSignalRules, SIGNALS } from "../../../components/observability/rules.ts";
import { checkout, read } from "../docs/checkout.ts";

const guestbook = resolve("dev", "examples/guestbook/environment.yaml", {
  observability: { enabled: true },
});
const clock = resolve("clock", "examples/clock/environment.yaml", {});

function resolve(stack: string, base: string, config: Record<string, unknown>): ResolvedEnvironment {
  const source = {
    stack,
    project: "terrarium",
    base: parse(read(base)) as unknown,
    config: { tier: "dev", ...config },
  };
  return resolveEnvironment(toEnvironmentSpec(source));
}

function sources(folder: string, ending: string): string {
  const files = readdirSync(join(checkout, folder), { encoding: "utf8" }).filter((file) => file.endsWith(ending));
  return files.map((file) => read(join(folder, file))).join("\n");
}

describe("the sample application", () => {
  const code = sources("examples/guestbook/src", ".ts");

  it("has a role for every service and migration that the environment runs of its image", () => {
    const roles = [...(/ROLES[^{]*\{([^}]*)\}/.exec(code)?.[1] ?? "").matchAll(/^\s*(\w+): /gm)].map(
      ([, role]) => role,
    );
    const services = Object.values(guestbook.services).map(({ args }) => args?.[0]);
    const migrations = Object.values(guestbook.migrations).map(({ command }) => command?.at(-1));
    assert.deepEqual(roles.sort(), [...services, ...migrations].sort());
  });

  it("is told its own ports where they differ from its defaults", () => {
    assert.match(code, /"PORT", 8080/);
    assert.match(code, /"METRICS_PORT", 9464/);
    for (const { ports } of Object.values(guestbook.services)) {
      assert.deepEqual([ports["http"], ports["metrics"] ?? 9464], [8080, 9464]);
    }
  });

  it("exposes every metric and label that the golden signals read, in both languages", () => {
    const recorded: readonly string[] = Object.values(SIGNALS);
    const expressions = goldenSignalRules()
      .flatMap(({ rules }) => rules.map(({ expr }) => expr))
      .map((expr) => recorded.reduce((text, signal) => text.replaceAll(signal, ""), expr))
      .join("\n");
    const read = new Set(expressions.match(/\bhttp_[a-z_]+/g)?.map((name) => name.replace(/_(bucket|count)$/, "")));
    assert.deepEqual([...read].sort(), ["http_request_duration_seconds", "http_requests_total"]);
    for (const text of [code, sources("examples/clock/src", ".rs")]) {
      for (const name of read) assert.ok(text.includes(`"${name}"`), name);
      assert.ok(text.includes('["method", "route", "status_code"]'));
    }
  });

  it("has pinned packages and a lock file that names no registry", () => {
    const { dependencies, devDependencies } = JSON.parse(read("examples/guestbook/package.json")) as Record<
      string,
      Record<string, string>
    >;
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.doesNotMatch(read("examples/guestbook/package-lock.json"), /"resolved"/);
    const own = [...read("examples/clock/Cargo.lock").matchAll(/^source = "(.*)"$/gm)].map(([, source]) => source);
    assert.deepEqual([...new Set(own)], ["registry+https://github.com/rust-lang/crates.io-index"]);
  });
});

describe("the Rust sample", () => {
  it("is an environment as it stands", () => {
    const stack = parse(read("examples/clock/Pulumi.clock.yaml")) as { config: Record<string, unknown> };
    assert.equal(stack.config["terrarium:base"], "examples/clock/environment.yaml");
    assert.deepEqual(clock.services["clock"]?.ports, { http: 8080 });
    assert.deepEqual(clock.services["clock"]?.metrics, { port: "http", path: "/metrics" });
  });
});

describe("skaffold.yaml", () => {
  interface Forward {
    readonly resourceName: string;
    readonly namespace: string;
    readonly port: number;
    readonly localPort: number;
  }
  interface Skaffold {
    readonly build: { artifacts: { image: string; context: string }[]; local: { push: boolean } };
    readonly manifests: { rawYaml: string[] };
    readonly portForward: Forward[];
    readonly profiles: { manifests: { rawYaml: string[] }; portForward: Forward[] }[];
  }
  const skaffold = parse(read("skaffold.yaml")) as Skaffold;

  it("builds the images that the environments run, from folders with a Dockerfile, and pushes none", () => {
    const images = [guestbook, clock].flatMap(({ services }) => Object.values(services).map(({ image }) => image));
    const names = new Set(images.map((image) => image.split(":")[0]));
    assert.deepEqual(skaffold.build.artifacts.map(({ image }) => image).sort(), [...names].sort());
    for (const { context } of skaffold.build.artifacts)
      assert.match(read(join(context, "Dockerfile")), / AS runtime$/m);
    assert.equal(skaffold.build.local.push, false);
  });

  it("rolls every service of the image and nothing else", () => {
    const rolled = skaffold.manifests.rawYaml.map((path) => /(?:deployment|statefulset)-(.+)\.yaml$/.exec(path)?.[1]);
    assert.deepEqual(rolled.sort(), Object.keys(guestbook.services).sort());
    const folder = `.terrarium/rendered/dev/${guestbook.name}/`;
    assert.ok(skaffold.manifests.rawYaml.every((path) => path.startsWith(folder)));
  });

  it("forwards ports that the services and the observability stack have, each to a port of its own", () => {
    const local = skaffold.portForward.map(({ localPort }) => localPort);
    assert.equal(new Set(local).size, local.length);
    for (const { resourceName, namespace, port } of skaffold.portForward) {
      assert.equal(namespace, guestbook.name);
      const service = guestbook.services[resourceName];
      if (service) assert.ok(Object.values(service.ports).includes(port), `${resourceName} ${port}`);
      else assert.ok(["grafana", "prometheus", "loki"].includes(resourceName), resourceName);
    }
    for (const { portForward } of skaffold.profiles) assert.deepEqual(portForward[0]?.namespace, clock.name);
  });
});
