import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { objectsIn } from "./kubectl.ts";
import { nodeNetwork } from "./node-network.ts";
import { modest, quick, ServiceOnPods } from "./service-on-pods.ts";
import { serveRepository, type GitServer } from "./source-mode/git-server.ts";
import { serveNpmRegistry, type NpmProxy } from "./source-mode/npm-proxy.ts";
import { checkout, unique } from "./stack.ts";

/** The example's description. */
interface SourceApp {
  readonly services: { readonly notes: object };
  readonly dataStores: { readonly postgres: object };
}

/** An environment's pod, as far as it is looked at. */
interface Pod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status: {
    readonly initContainerStatuses: readonly {
      readonly name: string;
      readonly restartCount: number;
      readonly state: { readonly terminated?: { readonly message?: string } };
    }[];
  };
}

describe("a preview environment from source", () => {
  const service = new ServiceOnPods();
  const { objects } = service;
  const name = unique("notes");
  const { namespace, run, read } = objectsIn(`preview-${name}`);
  let git: GitServer;
  let npm: NpmProxy;

  const page = () => run(["get", "--raw", `/api/v1/namespaces/${namespace}/services/notes:http/proxy/`]);
  const pod = async (): Promise<Pod> => {
    const { items } = await read<{ items: Pod[] }>("pods", "--selector", "app.kubernetes.io/name=notes");
    const [only] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return only ?? assert.fail("no pod");
  };

  before(async () => {
    const { machine: address } = await nodeNetwork(objects);
    git = await serveRepository(join(checkout, "examples/source-app"), address);
    npm = await serveNpmRegistry(address);
    const { services, dataStores } = parse(
      readFileSync(join(checkout, "examples/source-app/environment.yaml"), "utf8"),
    ) as SourceApp;
    const notes = {
      ...services.notes,
      source: { cache: { size: "256Mi" } },
      internet: false,
      egress: [{ cidr: `${address}/32`, ports: [git.port, npm.port] }],
      env: { npm_config_registry: npm.registry },
      ...quick,
    };
    const postgres = { ...dataStores.postgres, ...modest };
    await service.start({
      repositories: { [git.repository]: { base: { services: { notes }, dataStores: { postgres } } } },
    });
  });
  after(async () => {
    await service.stop();
    await git.stop();
    await npm.stop();
  });

  it("is built, migrated and answers, and its status says how long each step took", async () => {
    const newest = git.commit("The first commit");
    const started = performance.now();
    await service.create(name, { mode: "source", source: { repository: git.repository, branch: "main" } });
    const { status } = await service.ready(name);
    const seconds = (performance.now() - started) / 1000;
    const steps = status?.steps ?? [];
    assert.deepEqual(
      steps.map((step) => step.name),
      ["namespace", "network", "data stores", "services"],
    );
    const { status: built } = await pod();
    assert.deepEqual(
      built.initContainerStatuses.map((step) => [step.name, step.restartCount]),
      [
        ["git-clone", 0],
        ["npm-install", 0],
        ["db-migrate", 0],
      ],
    );
    assert.equal(built.initContainerStatuses[0]?.state.terminated?.message?.trim(), newest);
    assert.match(await page(), /<li>Hello from the migration<\/li>/);
    const timings = steps.map((step) => `${step.name} ${step.seconds} s`).join(", ");
    console.log(
      `cluster: preview environment from source: ${timings}; Ready ${seconds.toFixed(1)} s after its creation`,
    );
  });

  it("runs a newer commit without downloading a package again, and keeps its data", async () => {
    const downloads = npm.downloads();
    assert.ok(downloads > 10, String(downloads));
    const settings = { version: 2 };
    writeFileSync(join(git.folder, "settings.json"), JSON.stringify(settings));
    const commit = git.commit("A newer commit");
    await service.change(name, { source: { commit } });
    assert.equal((await service.ready(name)).status?.commit, commit);
    assert.equal(npm.downloads(), downloads);
    const { status } = await pod();
    assert.equal(status.initContainerStatuses[0]?.state.terminated?.message?.trim(), commit);
    assert.equal(await run(["exec", "deployment/notes", "--", "cat", "settings.json"]), JSON.stringify(settings));
    assert.match(await page(), /Hello from the migration/);
  });

  it("is gone with its namespace, its volumes and its stack when it is deleted", async () => {
    await objects.run(["delete", "environments.terrarium.dev", name, "--timeout=180s"]);
    const left = await run(["get", "namespaces,persistentvolumes", "--output", "json"]);
    assert.ok(!left.includes(namespace), left);
    assert.doesNotMatch(service.log, /"level":"error"/);
  });
});
