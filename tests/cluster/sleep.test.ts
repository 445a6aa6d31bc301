import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { request as send } from "node:http";
import { join } from "node:path";
import { runActivator } from "../../platform/activator/run.ts";
import { IMAGES, type PreviewEnvironment } from "../../spec/index.ts";
import { PlatformProcess } from "../engine/platform-cluster.ts";
import { eventually } from "./eventually.ts";
import { kubectl, objectsIn } from "./kubectl.ts";
import { checkout, forwards, unique } from "./stack.ts";

const REPOSITORY = "https://git.example.com/team/notes";
/** It shares a node of two cores with the environments of other tests. */
const modest = { resources: { requests: { cpu: "10m" }, limits: { cpu: "1" } } };
/** Answers on every path with what it was asked for. */
const SERVER = `
const server = require("node:http").createServer((request, response) => response.end("awake: " + request.url));
server.listen(process.env.PORT);
process.on("SIGTERM", () => process.exit(0));
`;
/** Leaves a line each time it runs. */
const MIGRATE = `psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c 'create table if not exists runs (at timestamptz); insert into runs values (now())'`;

describe("a preview environment that sleeps", () => {
  const platform = unique("platform");
  const name = unique("nap");
  const host = `${name}.preview.example.com`;
  const objects = objectsIn(platform);
  const { run } = objectsIn(`preview-${name}`);
  const stopping = new AbortController();
  let service: PlatformProcess;
  let activator: Promise<void>;
  let port = 0;
  let address = "";

  const environment = () => objects.read<PreviewEnvironment>("environments.terrarium.dev", name);
  const inPhase = (phase: string): Promise<PreviewEnvironment> =>
    eventually(
      `the phase ${phase}`,
      async () => {
        const found = await environment();
        if (found.status?.phase === "Failed") throw new Error(JSON.stringify(found.status.conditions));
        return found.status?.phase === phase ? found : undefined;
      },
      { timeoutMs: 180_000 },
    );
  const rows = async (): Promise<number> => {
    const psql = ["psql", "-U", "postgres", "-d", "notes", "-At", "-c", "select count(*) from runs"];
    return Number(await run(["exec", "postgres-0", "-c", "postgres", "--", ...psql]));
  };

  before(async () => {
    // The definition stays: other tests may use it at the same time.
    await objects.run(["apply", "--server-side", "--filename", join(checkout, "platform/crd/environments.yaml")]);
    await eventually("the definition", () =>
      objects.run(["wait", "--for=condition=Established", "crd/environments.terrarium.dev"]),
    );
    await objects.run(["create", "namespace", platform]);
    const web = {
      image: IMAGES.node.image,
      command: ["node", "-e", SERVER],
      calls: ["postgres"],
      expose: {},
      metrics: false,
      terminationGracePeriodSeconds: 2,
      probes: { readiness: { initialDelaySeconds: 0, periodSeconds: 1 } },
      ...modest,
    };
    const schema = { dataStore: "postgres", image: IMAGES.postgres17.image, user: 999, command: ["sh", "-c", MIGRATE] };
    service = new PlatformProcess({
      checkout,
      kubeconfig: forwards.kubeconfig,
      name: platform,
      home: platform,
      config: {
        namespace: platform,
        url: "http://{name}.preview.example.com",
        sleep: { activator: { hold: "120s" } },
        repositories: {
          [REPOSITORY]: {
            base: {
              services: { web },
              dataStores: { postgres: { engine: "postgres", database: "notes", username: "notes", ...modest } },
              migrations: { schema: { ...schema, ...modest } },
            },
          },
        },
      },
    });
    await service.says('"leading"');
    const listening = new Promise<number>((resolve) => {
      activator = runActivator({
        config: join(checkout, ".terrarium", platform, `${platform}.yaml`),
        cluster: { kubeconfig: forwards.kubeconfig, context: forwards.context },
        port: 0,
        adminPort: 0,
        listening: resolve,
        // This machine is the node, and does not ask the cluster's DNS.
        placeOf: (_, route) => ({ host: address, port: route.port }),
        write: () => undefined,
        stop: stopping.signal,
      });
    });
    port = await listening;
  });

  after(async () => {
    await kubectl(["delete", "environments.terrarium.dev", "--all", "--namespace", platform, "--timeout=120s"]);
    stopping.abort();
    await activator;
    await service.stop();
    await kubectl(["delete", "namespace", platform, "--wait=false"]);
    rmSync(join(checkout, ".terrarium", platform), { recursive: true, force: true });
  });

  it("is up, and answers through the activator", async () => {
    const manifest = {
      apiVersion: "terrarium.dev/v1alpha1",
      kind: "Environment",
      metadata: { name, namespace: platform },
      spec: { source: { repository: REPOSITORY, branch: "main", commit: "1".repeat(40) } },
    };
    await objects.run(["apply", "--filename", "-"], JSON.stringify(manifest));
    await inPhase("Ready");
    address = await run(["get", "service", "web", "--output", "jsonpath={.spec.clusterIP}"]);
    assert.deepEqual(await ask("/first"), { status: 200, text: "awake: /first" });
    assert.equal(await rows(), 1);
  });

  it("has no pod while it sleeps, and answers the first request once it is awake, with its data", async () => {
    const sleepAt = new Date().toISOString();
    const patch = JSON.stringify({ spec: { sleep: { sleepAt } } });
    await objects.run(["patch", "environments.terrarium.dev", name, "--type=merge", "--patch", patch]);
    await inPhase("Asleep");
    await eventually("no pods", async () => {
      const pods = await run(["get", "pods", "--output", "name"]);
      return pods === "" ? true : undefined;
    });

    const begun = Date.now();
    const answer = await ask("/again");
    const answered = Date.now();
    assert.deepEqual(answer, { status: 200, text: "awake: /again" });
    assert.equal(await rows(), 2);
    const { status } = await environment();
    const since = (time: string | undefined): string => ((Date.parse(time ?? "") - begun) / 1000).toFixed(1);
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const steps = (status?.steps ?? []).map(
      (step) => `${step.name} from ${since(step.startedAt)} to ${since(step.finishedAt)} s`,
    );
    console.log(
      `cluster: wake, in seconds from the request: ${steps.join(", ")}; Ready ${since(ready?.lastTransitionTime)} s; answered ${since(new Date(answered).toISOString())} s`,
    );
  });

  function ask(path: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = send({ host: "127.0.0.1", port, path, headers: { host }, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
      request.end();
    });
  }
});
