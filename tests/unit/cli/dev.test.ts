import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Forwards } from "../../../cli/forwards/index.ts";
import { runProgram } from "../../../cli/program.ts";
import { localPaths } from "../../../clusters/local-paths.ts";
import { writeClusterRecord } from "../../../clusters/record.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { kindMachine, SHOP, startCluster } from "./kind-machine.ts";
import { testSurroundings, type TestSurroundings } from "./surroundings.ts";

/** What a command left. */
type Result = TestSurroundings["output"] & { readonly code: number };

async function run(surroundings: TestSurroundings, ...args: string[]): Promise<Result> {
  surroundings.output.stdout = "";
  surroundings.output.stderr = "";
  const code = await runProgram([...args, "--stack", "dev"], surroundings);
  return { code, ...surroundings.output };
}

describe("the commands for a cluster with real pods", () => {
  // In front of the folder's own: the ports are closed while it is there.
  afterEach(() => new Forwards(localPaths(scratch().path)).stop());
  const scratch = useScratchFolder();
  const calls = (part: RegExp): string[] =>
    scratch()
      .calls()
      .filter((call) => part.test(call));

  it("bring up the cluster, then images, then the stack, then ports", async () => {
    const { code, stdout } = await run(kindMachine(scratch()), "bootstrap-dev");
    assert.equal(code, 0);
    const milestones = ["kind create cluster", "podman pull", "pulumi up", "port-forward"];
    const found = scratch()
      .calls()
      .flatMap((call) => milestones.filter((milestone) => call.includes(milestone)));
    assert.deepEqual([...new Set(found)], milestones);
    for (const port of ["api:8080", "cache:6379", "prometheus:9090"]) {
      assert.match(stdout, new RegExp(`^${port} +127\\.0\\.0\\.1:\\d+$`, "m"));
    }
  });

  it("change nothing that is there when they run again", async () => {
    const surroundings = kindMachine(scratch());
    const first = await run(surroundings, "bootstrap-dev");
    const second = await run(surroundings, "bootstrap-dev");
    const ports = (text: string): string => text.slice(text.indexOf("FORWARD"));
    assert.equal(ports(second.stdout), ports(first.stdout));
    assert.equal(calls(/kind create cluster/).length, 1);
    assert.equal(calls(/port-forward/).length, 3);
  });

  it("show the ports to people and to programs", async () => {
    const surroundings = kindMachine(scratch());
    await run(surroundings, "bootstrap-dev");
    assert.match((await run(surroundings, "dev-status")).stdout, /^FORWARD +ADDRESS$/m);
    const report = JSON.parse((await run(surroundings, "dev-status", "-o", "json")).stdout) as {
      forwards: { service: string; port: number }[];
    };
    assert.deepEqual(
      report.forwards.map(({ service, port }) => `${service}:${port}`),
      ["api:8080", "cache:6379", "prometheus:9090"],
    );
  });

  it("remove all of it, and nothing when there is nothing", async () => {
    const surroundings = kindMachine(scratch());
    await run(surroundings, "bootstrap-dev");
    assert.equal((await run(surroundings, "cleanup-dev")).code, 0);
    assert.equal(await new Forwards(localPaths(scratch().path)).running(), false);
    assert.equal(existsSync(join(scratch().path, ".terrarium")), false);
    assert.equal(calls(/kind delete cluster/).length, 1);
    const before = scratch().calls().length;
    assert.equal((await run(surroundings, "cleanup-dev")).code, 0);
    assert.equal(scratch().calls().length, before);
  });

  it("refuse a simulated cluster, which runs no pods", async () => {
    const surroundings = kindMachine(scratch());
    const access = { kubeconfig: "/k", context: "c", simulatedPods: true, origin: "running" } as const;
    writeClusterRecord(scratch().path, { ...access, provider: "simulated" });
    const { code, stderr } = await run(surroundings, "bootstrap-dev");
    assert.equal(code, 1);
    assert.match(stderr, /A simulated cluster runs no pods\. Remove it with `terrarium down`, then run this command/);
    assert.deepEqual(calls(/create|pull/), []);
  });

  describe("fail at once, with what to do, when tests are to run", () => {
    const failure = async (surroundings: TestSurroundings): Promise<string> => {
      const { code, stderr } = await run(surroundings, "test-integration-dev");
      assert.equal(code, 1);
      return stderr;
    };

    it("without a cluster", async () => {
      const surroundings = testSurroundings(scratch());
      scratch().file("Pulumi.dev.yaml", SHOP);
      assert.equal(await failure(surroundings), "terrarium: There is no cluster. Run: make bootstrap-dev STACK=dev\n");
      assert.deepEqual(scratch().calls(), []);
    });

    it("on a broken cluster", async () => {
      const surroundings = kindMachine(scratch());
      await startCluster(surroundings);
      scratch().program("podman", "exit 1");
      assert.match(
        await failure(surroundings),
        /^terrarium: The cluster is broken: podman does not run, .*STACK=dev\n$/,
      );
    });

    it("on a cluster to which no ports lead", async () => {
      const surroundings = kindMachine(scratch());
      await startCluster(surroundings);
      assert.equal(
        await failure(surroundings),
        "terrarium: No ports of this machine lead to dev. Run: make bootstrap-dev STACK=dev\n",
      );
    });
  });
});
