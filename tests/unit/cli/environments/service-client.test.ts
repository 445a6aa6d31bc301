import assert from "node:assert/strict";
import type { EnvironmentClient } from "../../../../cli/environments/client.ts";
import { KubernetesClient } from "../../../../cli/environments/kubernetes-client.ts";
import { ServiceClient } from "../../../../cli/environments/service-client.ts";
import { runProgram } from "../../../../cli/program.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { ApiService, NAMESPACE, REPOSITORY } from "../../platform/api/api-service.ts";
import { settle } from "../../platform/scripted-clock.ts";
import { testSurroundings } from "../surroundings.ts";

const source = { repository: REPOSITORY, branch: "main" };
const manifest = (name: string) => ({
  apiVersion: "terrarium.dev/v1alpha1" as const,
  kind: "Environment" as const,
  metadata: { name },
  spec: { source },
});

describe("the commands' two ways to environments", () => {
  const scratch = useScratchFolder();
  let service: ApiService;
  let ways: readonly [throughService: EnvironmentClient, throughKubernetes: EnvironmentClient];

  beforeEach(async () => {
    service = await ApiService.start();
    const { api } = service;
    ways = [
      new ServiceClient({ server: new URL(service.url), token: () => Promise.resolve("admin-token") }),
      new KubernetesClient({ api, watch: api.watch, namespace: NAMESPACE }),
    ];
  });

  afterEach(() => service.stop());

  const run = async (...args: string[]) => {
    const surroundings = testSurroundings(scratch());
    const token = scratch().file("token", "admin-token\n");
    const target = ["--server", service.url, "--token-file", token];
    const code = await runProgram(["env", ...args, ...target], surroundings);
    return { code, ...surroundings.output };
  };

  it("show the same", async () => {
    for (let number = 0; number < 3; number += 1) service.put(`one-${number}`, { owner: "ada" });
    await settle();
    const [one, other] = await Promise.all(ways.map((way) => way.list()));
    assert.equal(one?.length, 3);
    assert.deepEqual(one, other);
    const [read, alike] = await Promise.all(ways.map((way) => way.read("one-1")));
    assert.deepEqual(read, alike);
    for (const way of ways) await assert.rejects(way.read("gone"), /terrarium env list/);
  });

  it("do the same", async () => {
    for (const [index, way] of ways.entries()) {
      const name = `made-${index}`;
      assert.equal((await way.create(manifest(name), false)).metadata.name, name);
      await assert.rejects(way.create(manifest(name), false), { name: "CommandFailure" });
      assert.match((await way.extend(name, 90 * 60_000)).spec.extendedUntil ?? "", /Z$/);
      assert.ok((await way.sleep(name)).spec.sleep?.sleepAt);
      assert.ok((await way.wake(name)).spec.sleep?.wakeAt);
      await way.delete(name);
      await assert.rejects(way.read(name), /made/);
    }
  });

  it("list more than one page holds", async () => {
    for (let number = 0; number < 501; number += 1) service.put(`many-${number}`);
    await settle();
    assert.equal((await ways[0].list()).length, 501);
  });

  it("are used by the same commands with the same output", async () => {
    const made = await run("create", "shop-1", "--repository", REPOSITORY, "--branch", "main");
    assert.deepEqual([made.code, made.stdout], [0, "environment.terrarium.dev/shop-1 created\n"]);
    assert.match((await run("list")).stdout, /^NAME +PHASE .*\nshop-1 +- /);
    assert.equal((await run("delete", "shop-1")).stdout, "environment.terrarium.dev/shop-1 is being deleted\n");
    assert.match((await run("get", "shop-1")).stderr, /There is no environment shop-1\. `terrarium env list` shows/);
  });

  it("say what the service says of who asks, and send a token nowhere in the clear", async () => {
    const stranger = new ServiceClient({
      server: new URL(service.url),
      token: () => Promise.resolve("stranger-token"),
    });
    await assert.rejects(
      stranger.list(),
      /does not know who you are\. A token is needed .*\n--token-file names a file/,
    );
    const viewer = new ServiceClient({ server: new URL(service.url), token: () => Promise.resolve("viewer-token") });
    await assert.rejects(viewer.delete("one"), /refuses it: viewer may not delete environments \(one\)/);
    const surroundings = testSurroundings(scratch());
    assert.equal(await runProgram(["env", "list", "--server", "http://platform.example.com"], surroundings), 2);
    assert.match(surroundings.output.stderr, /expected an address that starts with https/);
  });

  it("follow a log from its beginning", async () => {
    service.put("one");
    await settle();
    const log = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one-log" }, data: { log: "a\nb\n" } };
    service.api.create(`/api/v1/namespaces/${NAMESPACE}/configmaps`, log, new Date(0));
    for (const way of ways) {
      const stop = new AbortController();
      for await (const lines of way.followLog("one", stop.signal)) {
        assert.deepEqual(lines, ["a", "b"]);
        stop.abort();
        break;
      }
    }
  });
});
