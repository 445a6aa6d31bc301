import assert from "node:assert/strict";
import { runProgram } from "../../../../cli/program.ts";
import { testSurroundings } from "../surroundings.ts";
import { startApiServer } from "./api-server.ts";
import { ready, time, useTestCluster } from "./test-cluster.ts";

describe("the commands about preview environments", () => {
  const cluster = useTestCluster();

  describe("list and get", () => {
    beforeEach(() => {
      cluster().put("shop-42", {
        phase: "Ready",
        url: "https://shop-42.example.com",
        commit: "0123456789abcdef0123456789abcdef01234567",
      });
      cluster().put("shop-43", { phase: "Queued", position: 1 }, { owner: "ada" });
    });

    it("show a table to people", async () => {
      const { stdout } = await cluster().run("list");
      const rows = stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, -1));
      assert.deepEqual(rows, [
        ["NAME", "PHASE", "QUEUE", "BRANCH", "COMMIT", "URL", "OWNER", "EXPIRES"],
        ["shop-42", "Ready", "-", "main", "01234567", "https://shop-42.example.com", "-", "-"],
        ["shop-43", "Queued", "1", "main", "-", "-", "ada", "-"],
        [],
      ]);
    });

    it("show names, and objects in the shape of kubectl, to programs", async () => {
      const listed = async (format: string) => {
        cluster().surroundings.output.stdout = "";
        return (await cluster().run("list", "-o", format)).stdout;
      };
      assert.equal(await listed("name"), "environment.terrarium.dev/shop-42\nenvironment.terrarium.dev/shop-43\n");
      const { kind, items } = JSON.parse(await listed("json")) as { kind: string; items: { metadata: object }[] };
      assert.deepEqual([kind, items.length], ["List", 2]);
      assert.ok(items.every(({ metadata }) => !("managedFields" in metadata)));
      assert.match(await listed("yaml"), /^items:\n {2}- /m);
    });

    it("pass a selector of labels on", async () => {
      await cluster().run("list", "-l", "team in (a,b)");
      assert.deepEqual(cluster().api.requests, ["GET environments?labelSelector=team+in+(a,b)"]);
    });

    it("show one", async () => {
      assert.match((await cluster().run("get", "shop-43", "-o", "yaml")).stdout, /^ {2}owner: ada$/m);
    });

    it("say that there is none", async () => {
      cluster().api.remove("environments", "shop-42");
      cluster().api.remove("environments", "shop-43");
      assert.equal((await cluster().run("list")).stdout, "There are no preview environments.\n");
    });
  });

  it("describe shows conditions, steps, the last update and events", async () => {
    cluster().put("a", {
      phase: "Failed",
      attempts: 2,
      retryAt: time,
      conditions: [ready("False", "no answer")],
      steps: [
        { name: "network", startedAt: time, seconds: 1.25 },
        { name: "services", startedAt: time },
      ],
      diff: { create: 1, update: 60, replace: 0, delete: 0, same: 3, resources: ["create Job/migrate"] },
      operation: { id: "1", kind: "apply", startedAt: time, progress: "3 of 12" },
    });
    cluster().api.put("events", {
      metadata: { name: "a.1" },
      type: "Warning",
      reason: "UpdateFailed",
      message: "no answer",
      count: 3,
      lastTimestamp: time,
    });
    const { stdout } = await cluster().run("describe", "a");
    for (const line of [
      /^phase +Failed$/m,
      /^retry +2029-06-01T12:00:00Z, after 2 failed$/m,
      /^running +apply since 2029-06-01T12:00:00Z: 3 of 12$/m,
      /^ {2}Ready +False +UpdateFailed +\S+ +no answer$/m,
      /^ {2}network +2029-06-01T12:00:00Z +1\.3$/m,
      /^ {2}services +2029-06-01T12:00:00Z +running$/m,
      /^ {2}1 to create, 60 to update, 0 to replace, 0 to delete, 3 unchanged$/m,
      /^ {4}and 60 more$/m,
      /^ {2}\S+ +Warning +UpdateFailed +3 +no answer$/m,
    ]) {
      assert.match(stdout, line);
    }
    assert.ok(
      cluster().api.requests.includes("GET events?fieldSelector=involvedObject.kind=Environment,involvedObject.name=a"),
    );
  });

  describe("delete", () => {
    it("asks for the deletion of each", async () => {
      cluster().put("a");
      cluster().put("b");
      const { stdout } = await cluster().run("delete", "a", "b");
      assert.equal(
        stdout,
        "environment.terrarium.dev/a is being deleted\nenvironment.terrarium.dev/b is being deleted\n",
      );
      assert.deepEqual(cluster().api.requests, ["DELETE environments/a", "DELETE environments/b"]);
    });

    it("waits until it is gone, telling what holds it up", async () => {
      cluster().put("a", { phase: "Ready", conditions: [ready("True", "it runs")] });
      const blocked = { ...ready("True", "namespace preview-a has finalizer x"), type: "DeleteBlocked" as const };
      const steps = [
        () => cluster().put("a", { phase: "DeleteBlocked", conditions: [{ ...blocked, reason: "NamespaceHeld" }] }),
        () => cluster().api.remove("environments", "a"),
      ];
      cluster().api.watched = () => steps.shift()?.();
      const { code, stdout, stderr } = await cluster().run("delete", "a", "--wait");
      assert.deepEqual([code, stdout], [0, "environment.terrarium.dev/a is gone\n"]);
      assert.match(stderr, / s {2}DeleteBlocked: namespace preview-a has finalizer x\n/);
    });
  });

  describe("extend", () => {
    const extended = () =>
      (cluster().api.get("environments", "a")?.["spec"] as { extendedUntil: string }).extendedUntil;

    it("adds to the end of the time to live", async () => {
      cluster().put("a", { expiresAt: "2099-06-01T12:00:00Z" });
      assert.equal((await cluster().run("extend", "a", "2d")).code, 0);
      assert.equal(extended(), "2099-06-03T12:00:00Z");
    });

    it("counts from now where that has passed or is not known", async () => {
      cluster().put("a", { expiresAt: "2001-01-01T00:00:00Z" });
      await cluster().run("extend", "a", "30m");
      const minutes = (Date.parse(extended()) - Date.now()) / 60_000;
      assert.ok(minutes > 28 && minutes <= 30, String(minutes));
    });

    it("refuses what is no time span", async () => {
      const { code, stderr } = await cluster().run("extend", "a", "soon");
      assert.equal(code, 2);
      assert.match(stderr, /Allowed is a time span such as "30m", "72h" or "7d"/);
    });
  });

  describe("logs", () => {
    const log = (...lines: string[]) =>
      cluster().api.put("configmaps", {
        metadata: { name: "a-log" },
        data: { log: lines.map((line) => `${line}\n`).join("") },
      });

    it("shows the log of the last operation", async () => {
      cluster().put("a");
      log("one", "two");
      assert.equal((await cluster().run("logs", "a")).stdout, "one\ntwo\n");
    });

    it("says that nothing was done yet", async () => {
      cluster().put("a");
      const { code, stderr } = await cluster().run("logs", "a");
      assert.deepEqual([code, stderr], [1, "terrarium: a has no log yet: nothing was done for it so far.\n"]);
    });

    it("goes on with the lines that are new, also when old ones were dropped and when another operation begins", async () => {
      cluster().put("a");
      const interruption = cluster().interruptible();
      const steps = [
        () => log("1", "2", "2"),
        () => log("2", "2", "3"),
        () => log("3", "4", "5"),
        () => log("begin"),
        () => interruption.abort(),
      ];
      cluster().api.watched = () => steps.shift()?.();
      const { code, stdout } = await cluster().run("logs", "a", "-f");
      assert.equal(code, 130);
      assert.equal(stdout, "1\n2\n2\n3\n4\n5\nbegin\n");
    });
  });

  describe("sleep and wake", () => {
    const asked = () => (cluster().api.get("environments", "a")?.["spec"] as { sleep?: object }).sleep;

    it("ask for it at a time that counts, whatever happened before", async () => {
      cluster().put("a", { lastRequestAt: "2999-01-01T00:00:00Z" });
      const { stdout } = await cluster().run("sleep", "a");
      assert.equal(stdout, "environment.terrarium.dev/a is being put to sleep\n");
      assert.deepEqual(asked(), { sleepAt: "2999-01-01T00:00:01Z" });
      await cluster().run("wake", "a");
      assert.deepEqual(asked(), { sleepAt: "2999-01-01T00:00:01Z", wakeAt: "2999-01-01T00:00:02Z" });
    });

    it("wait until it is so, telling how it goes on", async () => {
      cluster().put("a");
      const conditions = [ready("False", "It is being put to sleep.", 99)];
      const steps = [
        () => cluster().put("a", { phase: "Provisioning", conditions }),
        () => cluster().put("a", { phase: "Asleep", conditions }),
      ];
      cluster().api.watched = () => steps.shift()?.();
      const { code, stdout, stderr } = await cluster().run("sleep", "a", "--wait");
      assert.deepEqual([code, stdout], [0, "environment.terrarium.dev/a sleeps\n"]);
      assert.match(stderr, /Provisioning: It is being put to sleep\./);
      steps.push(() => cluster().put("a", { phase: "Ready", conditions: [ready("True", "", 99)] }));
      const woken = await cluster().run("wake", "a", "--wait");
      assert.match(woken.stdout, /environment\.terrarium\.dev\/a is ready\n$/);
    });
  });

  it("diff shows what the last update changed", async () => {
    cluster().put("a");
    assert.match((await cluster().run("diff", "a")).stderr, /a had no update yet/);
    cluster().put("a", {
      diff: { create: 0, update: 1, replace: 0, delete: 0, same: 9, resources: ["update Deployment/web"] },
    });
    const shown = "0 to create, 1 to update, 0 to replace, 0 to delete, 9 unchanged\n  update Deployment/web\n";
    assert.equal((await cluster().run("diff", "a")).stdout, shown);
  });

  describe("say what is wrong", () => {
    it("when there is no such environment", async () => {
      const { code, stderr } = await cluster().run("get", "a");
      assert.equal(code, 1);
      assert.match(stderr, /environments\.terrarium\.dev "a" not found in namespace terrarium\. `terrarium env list`/);
    });

    for (const [status, message, code, said] of [
      [404, undefined, 1, /knows no Environments\. Install the platform service/],
      [404, 'namespaces "terrarium" not found', 1, /no namespace terrarium; --namespace names/],
      [403, "forbidden: eve", 1, /refuses it: forbidden: eve/],
      [422, "spec.mode: it stays as it was created", 2, /refuses it; nothing was changed\.\nspec\.mode: it stays/],
    ] as const) {
      it(`when the cluster answers ${status} ${message ?? ""}`, async () => {
        cluster().api.refuse("GET", status, message);
        const answer = await cluster().run("list");
        assert.equal(answer.code, code);
        assert.match(answer.stderr, said);
      });
    }

    it("when the cluster does not answer", async () => {
      const gone = await startApiServer();
      await gone.close();
      cluster().scratch.file("kubeconfig", gone.kubeconfig);
      const { code, stderr } = await cluster().run("list");
      assert.equal(code, 1);
      assert.match(stderr, /The cluster does not answer: .*ECONNREFUSED/);
    });

    it("when there is no such context, or no cluster of the stack", async () => {
      const at = (...args: string[]) => runProgram(["env", "list", ...args], cluster().surroundings);
      assert.equal(await at("--context", "nope"), 2);
      assert.match(cluster().surroundings.output.stderr, /There is no context "nope" in .*config\./);
      assert.equal(await at(), 1);
      assert.match(
        cluster().surroundings.output.stderr,
        /The cluster of dev is not there\. Run `terrarium up --stack dev`\./,
      );
    });
  });

  it("find a context in the files that KUBECONFIG names", async () => {
    cluster().put("a");
    const path = cluster().scratch.file("work.json", cluster().api.kubeconfig);
    const surroundings = testSurroundings(cluster().scratch, {
      env: { ...cluster().scratch.env, KUBECONFIG: `/nowhere:${path}` },
    });
    assert.equal(await runProgram(["env", "list", "--context", "scripted", "-o", "name"], surroundings), 0);
    assert.equal(surroundings.output.stdout, "environment.terrarium.dev/a\n");
  });
});
