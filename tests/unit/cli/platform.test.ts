import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stringify } from "yaml";
import { readableLine } from "../../../cli/platform/readable-log.ts";
import { sampleConfig } from "../../../cli/platform/sample-config.ts";
import { platformStackFile } from "../../../cli/platform/stack-file.ts";
import { runProgram } from "../../../cli/program.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

describe("terrarium platform run", () => {
  const scratch = useScratchFolder();
  const run = async (...args: string[]) => {
    const surroundings = testSurroundings(scratch());
    return { code: await runProgram(["platform", "run", ...args], surroundings), ...surroundings.output };
  };

  it("needs a configuration", async () => {
    const { code, stderr } = await run();
    assert.equal(code, 2);
    assert.match(stderr, /--config <file>/);
  });

  it("ends with 2 where the configuration or the cluster is wrong, before anything is started", async () => {
    const config = scratch().file("platform.yaml", "caps: { global: none }");
    const kubeconfig = scratch().file("kubeconfig", kubeconfigFor("https://127.0.0.1:1"));
    const wrong = await run("--config", config, "--kubeconfig", kubeconfig);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /caps\.global: got "none", expected a whole number/);
    assert.equal(wrong.stdout, "");
    const elsewhere = await run("--config", config, "--kubeconfig", kubeconfig, "--context", "other");
    assert.equal(elsewhere.code, 2);
    assert.match(elsewhere.stderr, /no context "other"; it has test/);
    assert.match((await run("--config", config, "--kubeconfig", "gone")).stderr, /kubeconfig file gone can't be read/);
  });

  it("runs until it is asked to end, with a log of one JSON object a line, also where the cluster does not answer", async () => {
    const signals = new EventEmitter();
    const refusing = createServer((_, response) => response.writeHead(503).end());
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const kubeconfig = scratch().file("kubeconfig", kubeconfigFor(address));
    const config = scratch().file("platform.yaml", "http: { port: 0 }");
    let log = "";
    const write = (text: string): void => {
      log += text;
      if (text.includes('"started"')) signals.emit("SIGTERM");
    };
    const surroundings = testSurroundings(scratch(), { signals, stdout: { write } });
    const args = ["platform", "run", "--config", config, "--kubeconfig", kubeconfig, "--data", scratch().path];
    assert.equal(await runProgram(args, surroundings), 0);
    refusing.closeAllConnections();
    refusing.close();
    const lines = log.trimEnd().split("\n");
    const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    assert.equal(messages[0], "started");
    assert.equal(messages.at(-1), "ended");
  });
});

function kubeconfigFor(server: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: { token: "t0ken" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}

describe("a line of the service's log at a terminal", () => {
  it("has time, message and fields; the level where it is not the usual one", () => {
    const line = (fields: object) => readableLine(JSON.stringify({ time: "2030-01-31T18:00:01.234Z", ...fields }));
    assert.equal(line({ level: "info", message: "leading", identity: "a-1" }), "18:00:01 leading identity=a-1\n");
    assert.equal(
      line({ level: "warn", message: "the watch ended", reason: "no answer" }),
      '18:00:01 WARN the watch ended reason="no answer"\n',
    );
  });
});

describe("the stack of an installation", () => {
  const scratch = useScratchFolder();

  it("is another one for each context, whatever that is called", () => {
    testSurroundings(scratch());
    const names = ["one", "arn:aws:eks:eu:1:cluster/one", "arn:aws:eks:eu:1:cluster-one"].map(
      (context) => platformStackFile(scratch().path, context).stack,
    );
    assert.equal(names[0], "platform-one");
    assert.equal(new Set(names).size, 3);
    for (const name of names) assert.match(name, /^[A-Za-z0-9_-]+$/);
  });

  it("is one of the checkout's project, and found again with what Pulumi wrote into its file", () => {
    testSurroundings(scratch());
    const { project, path } = platformStackFile(scratch().path, "one");
    assert.equal(project, "terrarium");
    appendFileSync(path, "encryptionsalt: v1:abc\n");
    assert.equal(platformStackFile(scratch().path, "one").encryptionSalt, "v1:abc");
  });
});

describe("terrarium platform local and install", () => {
  const scratch = useScratchFolder();

  for (const command of ["local", "install"]) {
    it(`${command} refuses a wrong configuration or cluster before anything is started`, async () => {
      const surroundings = testSurroundings(scratch(), { toolchain: () => Promise.reject(new Error("not asked")) });
      const config = scratch().file("platform.yaml", "caps: { global: none }");
      const kubeconfig = scratch().file("kubeconfig", kubeconfigFor("https://127.0.0.1:1"));
      const target = command === "install" ? ["--kubeconfig", kubeconfig] : [];
      assert.equal(await runProgram(["platform", command, "--config", config, ...target], surroundings), 2);
      assert.match(surroundings.output.stderr, /caps\.global: got "none"/);
    });
  }

  it("say what a sample configuration has, and leave it as it was changed", () => {
    const file = sampleConfig({ checkout: scratch().path });
    assert.match(readFileSync(file, "utf8"), /examples\/guestbook\/environment\.yaml/);
    writeFileSync(file, "caps: {}\n");
    assert.equal(sampleConfig({ checkout: scratch().path }), file);
    assert.equal(readFileSync(file, "utf8"), "caps: {}\n");
  });
});
