import assert from "node:assert/strict";
import { ready, source, time, useTestCluster } from "./test-cluster.ts";

describe("terrarium env create", () => {
  const cluster = useTestCluster();
  const options = ["--repository", source.repository, "--branch", "main"];

  it("makes an object of its options, in the platform's namespace", async () => {
    const made = await cluster().run(
      "create",
      "shop-42",
      ...options,
      "--owner",
      "ada",
      "--ttl",
      "72h",
      "--label",
      "team=a",
    );
    assert.deepEqual(made, { code: 0, stdout: "environment.terrarium.dev/shop-42 created\n", stderr: "" });
    const { metadata, spec } = cluster().api.get("environments", "shop-42") ?? { metadata: undefined, spec: undefined };
    assert.deepEqual(spec, { source, owner: "ada", ttl: "72h" });
    assert.deepEqual(metadata?.["labels"], { team: "a" });
    assert.deepEqual(cluster().api.requests, ["POST environments"]);
  });

  it("takes a file, over which the options go", async () => {
    const file = {
      apiVersion: "terrarium.dev/v1alpha1",
      kind: "Environment",
      metadata: { name: "a" },
      spec: { source },
    };
    const path = cluster().scratch.file(
      "environment.yaml",
      JSON.stringify({ ...file, spec: { source, drift: "report" } }),
    );
    assert.equal((await cluster().run("create", "b", "-f", path, "--branch", "other")).code, 0);
    assert.deepEqual(cluster().api.get("environments", "b")?.["spec"], {
      source: { ...source, branch: "other" },
      drift: "report",
    });
  });

  it("says everything that is wrong before it asks the cluster", async () => {
    const { code, stderr } = await cluster().run("create", "Shop", "--repository", "ftp://x", "--mode", "fast");
    assert.equal(code, 2);
    assert.equal(
      stderr,
      `terrarium: The environment's configuration has 4 problems; nothing was changed.
  metadata.name: got "Shop", expected at most 50 lower-case letters, digits and '-', starting with a letter and ending with a letter or digit
  spec.source.repository: got "ftp://x", expected the address of a git repository without credentials, such as "https://git.example.com/team/shop"
  spec.source.branch: got nothing, expected text
  spec.mode: got "fast", expected "image" or "source"
`,
    );
    assert.deepEqual(cluster().api.requests, []);
  });

  for (const [what, text] of [
    ["no object", "- 1\n"],
    ["no YAML", "a: [\n"],
    ["several documents", "a: 1\n---\nb: 2\n"],
    ["a key twice", "kind: Environment\nkind: Environment\n"],
  ] as const) {
    it(`refuses a file with ${what}`, async () => {
      const { code, stderr } = await cluster().run("create", "-f", cluster().scratch.file("environment.yaml", text));
      assert.equal(code, 2);
      assert.match(stderr, /environment\.yaml cannot be read as one Environment: |has \d problems/);
    });
  }

  it("refuses two namespaces", async () => {
    const file = { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", spec: { source } };
    const path = cluster().scratch.file(
      "e.yaml",
      JSON.stringify({ ...file, metadata: { name: "a", namespace: "one" } }),
    );
    const { code, stderr } = await cluster().run("create", "-f", path, "-n", "two");
    assert.equal(code, 2);
    assert.match(stderr, /The file says namespace one, the command line says two/);
  });

  it("only checks, here or on the server, where a dry run is asked for", async () => {
    assert.match(
      (await cluster().run("create", "a", ...options, "--dry-run", "client")).stdout,
      /checked, not created/,
    );
    assert.deepEqual(cluster().api.requests, []);
    assert.match(
      (await cluster().run("create", "a", ...options, "--dry-run", "server")).stdout,
      /checked by the server/,
    );
    assert.deepEqual(cluster().api.requests, ["POST environments?dryRun=All"]);
    assert.equal(cluster().api.get("environments", "a"), undefined);
  });

  it("waits until it is ready, telling each step once", async () => {
    const steps: (() => void)[] = [
      () =>
        cluster().put("a", { phase: "Queued", position: 2, conditions: [ready("False", "it waits for a place", 1)] }),
      () =>
        cluster().put("a", {
          phase: "Provisioning",
          position: undefined,
          conditions: [ready("False", "an update begins")],
        }),
      () => cluster().put("a", { phase: "Provisioning", attempts: 0 }),
      () => cluster().put("a", { phase: "Ready", conditions: [ready("True", "it runs")] }),
    ];
    cluster().api.watched = () => steps.shift()?.();
    const { code, stdout, stderr } = await cluster().run("create", "a", ...options, "--wait", "-o", "name");
    assert.deepEqual([code, stdout], [0, "environment.terrarium.dev/a\n"]);
    const said = stderr.split("\n").map((line) => line.replace(/^ *\d+ s {2}/, ""));
    assert.deepEqual(said, [
      "not seen by the platform service yet",
      "Queued (place 2): it waits for a place",
      "Provisioning: an update begins",
      "",
    ]);
  });

  it("ends with 1 when it failed for good, and says why", async () => {
    cluster().api.watched = () =>
      cluster().put("a", { phase: "Failed", conditions: [ready("False", "Deployment/web did not start")] });
    const { code, stderr } = await cluster().run("create", "a", ...options, "--wait");
    assert.equal(code, 1);
    assert.match(stderr, /a failed \(UpdateFailed\): Deployment\/web did not start\nIts log: terrarium env logs a\n$/);
  });

  it("goes on waiting while a failure is tried again, and while the status is of an older version", async () => {
    const steps: (() => void)[] = [
      () => cluster().put("a", { phase: "Failed", retryAt: time, conditions: [ready("False", "no answer")] }),
      () => cluster().put("a", { phase: "Ready", conditions: [ready("True", "old", 0)] }),
      () => cluster().put("a", { phase: "Ready", conditions: [ready("True", "new", 1)] }),
    ];
    cluster().api.watched = () => steps.shift()?.();
    assert.equal((await cluster().run("create", "a", ...options, "--wait")).code, 0);
    assert.equal(steps.length, 0);
  });

  it("ends with 130 when it is interrupted while it waits", async () => {
    const interruption = cluster().interruptible();
    cluster().api.watched = () => interruption.abort();
    assert.equal((await cluster().run("create", "a", ...options, "--wait")).code, 130);
  });
});
