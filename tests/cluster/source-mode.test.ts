import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { testStackName } from "../../cli/test-stacks.ts";
import { kubectl, objectsIn } from "./kubectl.ts";
import { serveRepository, type GitServer } from "./source-mode/git-server.ts";
import { machineAddress } from "./source-mode/machine-address.ts";
import { serveNpmRegistry, type NpmProxy } from "./source-mode/npm-proxy.ts";
import { checkout, stack } from "./stack.ts";

/** One container's run, as its pod's status tells. */
interface Run {
  readonly name: string;
  readonly restartCount: number;
  readonly state: {
    readonly terminated?: {
      readonly exitCode: number;
      readonly startedAt: string;
      readonly finishedAt: string;
      readonly message?: string;
    };
  };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly initContainerStatuses: readonly Run[];
    readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[];
  };
}

describe("a service from source", () => {
  const own = testStackName(stack, "source");
  const { namespace, run, read } = objectsIn(`notes-${own}`);
  const file = join(checkout, `Pulumi.${own}.yaml`);
  let git: GitServer;
  let npm: NpmProxy;
  let address: string;

  const terrarium = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["cli/main.ts", ...args, "--stack", own], {
      cwd: checkout,
      env: { ...process.env, CI: "true" },
      maxBuffer: 64 * 1024 * 1024,
    });
  const describeStack = (source: object = {}): void => {
    const notes = {
      source: { repository: git.repository, branch: "main", cache: { size: "256Mi" }, ...source },
      internet: false,
      egress: [{ cidr: `${address}/32`, ports: [git.port, npm.port] }],
      env: { npm_config_registry: npm.registry },
      // Nobody has to be spared while pods change places, and a pod that is ready is not left waiting.
      terminationGracePeriodSeconds: 2,
      probes: { readiness: { initialDelaySeconds: 0, periodSeconds: 1 } },
    };
    const config = {
      "terrarium:tier": "dev",
      "terrarium:base": "examples/source-app/environment.yaml",
      "terrarium:observability": { enabled: false },
      "terrarium:services": { notes },
    };
    writeFileSync(file, stringify({ config }));
  };
  const page = () => run(["get", "--raw", `/api/v1/namespaces/${namespace}/services/notes:http/proxy/`]);
  const pod = async (): Promise<Pod> => {
    const { items } = await read<{ items: Pod[] }>("pods", "--selector", "app.kubernetes.io/name=notes");
    const [only, ...others] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    assert.ok(only && others.length === 0, `${items.length} pods`);
    return only;
  };

  before(async () => {
    const { stdout } = await kubectl([
      "get",
      "nodes",
      "--output",
      'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}',
    ]);
    address = machineAddress(stdout);
    git = await serveRepository(join(checkout, "examples/source-app"), address);
    npm = await serveNpmRegistry(address);
    describeStack();
    await terrarium("images");
    await terrarium("up");
  });
  after(async () => {
    await git.stop();
    await npm.stop();
  });

  it("is cloned, installed, migrated and started in this order, each once", async () => {
    const { metadata, status } = await pod();
    const runs = status.initContainerStatuses;
    assert.deepEqual(
      runs.map(({ name, restartCount, state }) => [name, restartCount, state.terminated?.exitCode]),
      [
        ["git-clone", 0, 0],
        ["npm-install", 0, 0],
        ["db-migrate", 0, 0],
      ],
    );
    const seconds = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;
    const ready = status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "";
    const steps = runs.map(({ name, state: { terminated } }) =>
      terminated ? `${name} ${seconds(terminated.startedAt, terminated.finishedAt)} s` : name,
    );
    console.log(
      `cluster: from source: ${steps.join(", ")}; ready ${seconds(metadata.creationTimestamp, ready)} s after its pod`,
    );
  });

  it("answers with what its migration has written to Postgres", async () => {
    assert.match(await page(), /<li>Hello from the migration<\/li>/);
  });

  it("runs a newer commit after an update without downloading a package again, and its pod says which", async () => {
    const downloads = npm.downloads();
    assert.ok(downloads > 10, String(downloads));
    const settings = { version: 2 };
    writeFileSync(join(git.folder, "settings.json"), JSON.stringify(settings));
    const commit = git.commit("A newer commit");
    describeStack({ commit });
    await terrarium("up");
    assert.equal(npm.downloads(), downloads);
    const { status } = await pod();
    assert.equal(status.initContainerStatuses[0]?.state.terminated?.message?.trim(), commit);
    assert.equal(await run(["exec", "deployment/notes", "--", "cat", "settings.json"]), JSON.stringify(settings));
    assert.match(await page(), /Hello from the migration/);
  });

  it("is removed with its namespace and its volumes", async () => {
    await terrarium("down", "--delete-data");
    rmSync(file);
    const objects = await run(["get", "namespaces,persistentvolumes", "--output", "json"]);
    assert.ok(!objects.includes(namespace), objects);
  });
});
