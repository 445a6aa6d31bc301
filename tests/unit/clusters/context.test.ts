import assert from "node:assert/strict";
import { join } from "node:path";
import { ContextCluster, type ContextClusterArgs } from "../../../clusters/context.ts";
import { useScratchFolder } from "./scratch-folder.ts";

describe("a cluster that the stack's configuration names", () => {
  const scratch = useScratchFolder();
  const kubeconfig = (...contexts: string[]): string =>
    JSON.stringify({ "current-context": "other", contexts: contexts.map((name) => ({ name, context: {} })) });
  const cluster = (context: string, more: Partial<ContextClusterArgs> = {}): ContextCluster =>
    new ContextCluster({
      context,
      env: scratch().env,
      toolchain: () =>
        Promise.resolve({
          binDir: "",
          path: (name: string) => join(scratch().path, "bin", name),
          asset: () => Promise.resolve(""),
          env: {},
        }),
      ...more,
    });

  it("is asked through its own context, never the current one", async () => {
    const file = scratch().file(".kube/config", kubeconfig("other", "work"));
    scratch().program("kubectl", "exit 0");
    const access = await cluster("work").up();
    assert.deepEqual(access, {
      provider: "context",
      kubeconfig: file,
      context: "work",
      simulatedPods: false,
      origin: "running",
    });
    assert.deepEqual(scratch().calls(), [
      `kubectl --kubeconfig ${file} --context work get --raw /version --request-timeout=10s`,
    ]);
  });

  it("is found in the file of a list in KUBECONFIG that has it", async () => {
    const first = scratch().file("first", kubeconfig("other"));
    const second = scratch().file("second", kubeconfig("work"));
    scratch().program("kubectl", "exit 0");
    const env = { ...scratch().env, KUBECONFIG: `${first}:${second}` };
    assert.equal((await cluster("work", { env }).up()).kubeconfig, second);
  });

  it("is an error that names the file when no such context exists", async () => {
    const file = scratch().file(".kube/config", kubeconfig("other"));
    await assert.rejects(
      cluster("work").up(),
      (error: Error) => error.message.includes(file) && error.message.includes('"work"'),
    );
    assert.deepEqual(await cluster("work").available(), { ok: false, reason: `no context "work" in ${file}` });
  });

  it("is an error that names the line, and quotes nothing, when the file is no YAML", async () => {
    const file = scratch().file(".kube/config", `users:\n- name: work\n  user: {token: s3cret\n`);
    await assert.rejects(cluster("work").up(), (error: Error) => {
      assert.equal(error.message, `${file} is not a kubeconfig file: it is no YAML in line 4.`);
      return true;
    });
  });

  it("is an error with kubectl's reason when it does not answer", async () => {
    scratch().file(".kube/config", kubeconfig("work"));
    scratch().program("kubectl", "echo connection refused >&2; exit 1");
    await assert.rejects(cluster("work").up(), /connection refused/);
  });

  it("is never removed", async () => {
    scratch().program("kubectl", "exit 0");
    await cluster("work").down();
    assert.deepEqual(scratch().calls(), []);
  });
});
