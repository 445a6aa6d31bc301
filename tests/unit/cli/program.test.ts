import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageFailure } from "../../../cli/exit.ts";
import { runInForeground } from "../../../cli/foreground.ts";
import { runProgram } from "../../../cli/program.ts";
import { type EnvironmentReport, formatReport } from "../../../cli/report.ts";
import { formatExports } from "../../../cli/shell-environment.ts";
import { formatTable } from "../../../cli/table.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings, type TestSurroundings } from "./surroundings.ts";

const COMMANDS = [
  "up",
  "down",
  "status",
  "preview",
  "render",
  "gitops",
  "handover",
  "images",
  "bootstrap-dev",
  "cleanup-dev",
  "dev-status",
  "test-integration-dev",
  "validate",
  "netcheck",
  "doctor",
  "dashboard",
  "shellenv",
  "kubectl",
  "check",
  "env",
  "platform",
  "completion",
] as const;

describe("the command line", () => {
  const scratch = useScratchFolder();
  const run = async (...args: string[]): Promise<TestSurroundings["output"] & { code: number }> => {
    const surroundings = testSurroundings(scratch());
    return { code: await runProgram(args, surroundings), ...surroundings.output };
  };

  it("lists every command in its help, and ends with 0", async () => {
    const { code, stdout } = await run("--help");
    assert.equal(code, 0);
    const listed = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([\w-]+) /gm)].map(([, name]) => name);
    assert.deepEqual(listed, [...COMMANDS, "help"]);
  });

  for (const name of COMMANDS) {
    it(`describes every option of ${name} in its help`, async () => {
      const { code, stdout } = await run(name, "--help");
      assert.equal(code, 0);
      for (const line of stdout.split("\n").filter((text) => /^ {2}-/.test(text))) assert.match(line, /\S {2,}\S/);
    });
  }

  for (const args of [
    ["frob"],
    ["up", "--cluster", "cloud"],
    ["up", "-o", "xml"],
    ["up", "--stack", "../x"],
    ["render"],
    ["down", "extra"],
    ["bootstrap-dev", "--cluster", "simulated"],
  ]) {
    it(`ends with 2 and says why for: ${args.join(" ")}`, async () => {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2);
      assert.match(stderr, /^error: /);
    });
  }

  it("ends with 2 for a stack that the checkout does not have, naming those it has", async () => {
    const { code, stderr } = await run("up", "--stack", "nope");
    assert.equal(code, 2);
    assert.equal(stderr, 'terrarium: There is no stack "nope". Choose one of: dev; or write Pulumi.nope.yaml.\n');
  });

  it("ends with 2 for a wrong configuration, before any program runs or any file is written", async () => {
    const surroundings = testSurroundings(scratch(), {
      validate: () => {
        throw new UsageFailure("tier: got 3");
      },
    });
    assert.equal(await runProgram(["up"], surroundings), 2);
    assert.equal(surroundings.output.stderr, "terrarium: tier: got 3\n");
    assert.deepEqual(scratch().calls(), []);
    assert.equal(existsSync(join(scratch().path, ".terrarium")), false);
  });

  it("ends with 130 when the user interrupts while no engine runs", async () => {
    const interruption = new AbortController();
    const surroundings = testSurroundings(scratch(), {
      interrupted: interruption.signal,
      validate: () => {
        interruption.abort();
        throw new Error("stopped in the middle");
      },
    });
    assert.equal(await runProgram(["up"], surroundings), 130);
    assert.equal(surroundings.output.stderr, "Interrupted.\n");
  });

  it("says that nothing is up in a new checkout, without installing anything", async () => {
    assert.deepEqual(await run("status"), {
      code: 0,
      stdout: "dev is not up. Bring it up with: bin/terrarium up --stack dev\n",
      stderr: "",
    });
    const { code, stderr } = await run("down");
    assert.deepEqual([code, stderr], [0, "dev is not up; nothing to remove.\n"]);
    assert.equal(existsSync(join(scratch().path, ".terrarium")), false);
    assert.deepEqual(scratch().calls(), []);
  });

  it("says for which stacks the local cluster stays", async () => {
    const { path } = scratch();
    const stacks = join(path, ".terrarium/state/.pulumi/stacks/terrarium");
    mkdirSync(stacks, { recursive: true });
    for (const stack of ["prod", "staging"]) writeFileSync(join(stacks, `${stack}.json`), "{}");
    const record = { provider: "simulated", kubeconfig: "/none", context: "here" };
    writeFileSync(join(path, ".terrarium/cluster.json"), JSON.stringify(record));
    const { code, stderr } = await run("down");
    assert.deepEqual(
      [code, stderr],
      [0, "The simulated cluster stays for prod, staging.\ndev is not up; nothing to remove.\n"],
    );
  });

  describe("on a cluster that the stack names", () => {
    const kubectl = `
case "$*" in
  *"get namespaces"*) echo '{"items":[{"kind":"Namespace","metadata":{"name":"app-dev"},"status":{"phase":"Active"}}]}' ;;
  *"get deployments"*) echo '{"items":[{"kind":"Deployment","metadata":{"name":"web","namespace":"app-dev"},"spec":{"replicas":2,"template":{"spec":{"containers":[{"image":"web:1"}]}}},"status":{"readyReplicas":2}}]}' ;;
  *) echo '{"items":[]}' ;;
esac`;
    const pulumi = (onUp: string): string => `
case "$1 $2" in
  "stack init") mkdir -p '${scratch().path}/.terrarium/state/.pulumi/stacks/terrarium'; echo '{}' > '${scratch().path}/.terrarium/state/.pulumi/stacks/terrarium/dev.json'; echo 'encryptionsalt: v1:s:v1:t' >> Pulumi.dev.yaml ;;
  "stack output") echo '{"addresses":{"web":"http://web:80"}}' ;;
  "up --yes") printf '%s %s\\n' "$TERRARIUM_CONTEXT" "$TERRARIUM_KUBECONFIG" > '${scratch().path}/target'; ${onUp} ;;
esac`;
    const prepare = (onUp = "exit 0"): TestSurroundings => {
      const surroundings = testSurroundings(scratch());
      scratch().file("Pulumi.dev.yaml", "# kept\nconfig:\n  terrarium:context: work\n");
      scratch().file(".kube/config", '{"contexts":[{"name":"work"}]}');
      scratch().program("kubectl", kubectl);
      scratch().program("pulumi", pulumi(onUp));
      return surroundings;
    };

    it("brings the stack up and ends with what runs where", async () => {
      const surroundings = prepare();
      assert.equal(await runProgram(["up"], surroundings), 0);
      assert.match(surroundings.output.stdout, /^Deployment +web +2\/2 +web:1$/m);
      assert.match(surroundings.output.stdout, /^web +http:\/\/web:80$/m);
      assert.equal(readFileSync(join(scratch().path, "target"), "utf8"), `work ${scratch().path}/.kube/config\n`);
    });

    it("leaves the stack's file as it is", async () => {
      assert.equal(await runProgram(["up"], prepare()), 0);
      assert.equal(
        readFileSync(join(scratch().path, "Pulumi.dev.yaml"), "utf8"),
        "# kept\nconfig:\n  terrarium:context: work\n",
      );
    });

    it("gives only the result to standard output, as JSON when asked", async () => {
      const surroundings = prepare();
      assert.equal(await runProgram(["up", "-o", "json"], surroundings), 0);
      const report = JSON.parse(surroundings.output.stdout) as EnvironmentReport;
      assert.deepEqual(report.namespaces, ["app-dev"]);
      assert.equal(report.cluster?.context, "work");
    });

    it("passes the engine's exit code on and says what to do next", async () => {
      const surroundings = prepare("exit 7");
      assert.equal(await runProgram(["up"], surroundings), 7);
      assert.match(surroundings.output.stderr, /run `terrarium up --stack dev` again\.\n$/);
      assert.equal(surroundings.output.stdout, "");
    });

    it("refuses to remove protected data without the word for it, touching nothing", async () => {
      const surroundings = prepare();
      assert.equal(await runProgram(["up"], surroundings), 0);
      const exported =
        '{"version":3,"deployment":{"resources":[{"urn":"urn:pulumi:dev::t::kubernetes:apps/v1:StatefulSet::db","type":"x","protect":true}]}}';
      scratch().program("pulumi", `[ "$1 $2" = "stack export" ] && echo '${exported}'; exit 0`);
      const before = scratch().calls().length;
      assert.equal(await runProgram(["down"], surroundings), 1);
      assert.match(
        surroundings.output.stderr,
        /kubernetes:apps\/v1:StatefulSet db\nNothing was removed\. .* --delete-data\n$/,
      );
      assert.deepEqual(
        scratch()
          .calls()
          .slice(before)
          .filter((call) => /destroy|unprotect|stack rm/.test(call)),
        [],
      );
    });
  });
});

describe("a program in the foreground", () => {
  const scratch = useScratchFolder();
  const start = async (script: string, act: (signals: EventEmitter) => void): ReturnType<typeof runInForeground> => {
    const signals = new EventEmitter();
    scratch().program("engine", script);
    const ready = join(scratch().path, "ready");
    const running = runInForeground(join(scratch().path, "bin/engine"), [], {
      cwd: scratch().path,
      env: { ...scratch().env, READY: ready },
      signals,
      interactive: false,
    });
    const deadline = Date.now() + 10_000;
    while (!existsSync(ready) && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    act(signals);
    return running;
  };

  it("gets the first interrupt and may finish in its own way", async () => {
    const script = `trap 'exit 9' INT; : > "$READY"; while :; do sleep 0.05; done`;
    const result = await start(script, (signals) => signals.emit("SIGINT"));
    assert.deepEqual(result, { code: 9, interrupted: true });
  });

  it("is killed when it ignores the second interrupt", async () => {
    const script = `trap '' INT; : > "$READY"; while :; do sleep 0.05; done`;
    const result = await start(script, (signals) => {
      signals.emit("SIGINT");
      signals.emit("SIGINT");
    });
    assert.deepEqual(result, { code: 137, interrupted: true });
  });

  it("gives its exit code when nobody interrupts", async () => {
    assert.deepEqual(await start(': > "$READY"; exit 4', () => undefined), { code: 4, interrupted: false });
  });
});

describe("output", () => {
  const report: EnvironmentReport = {
    stack: "dev",
    phase: "running",
    cluster: { provider: "simulated", context: "terrarium-0", kubeconfig: "/k", simulatedPods: true },
    namespaces: ["app-dev"],
    workloads: [
      { kind: "Deployment", namespace: "app-dev", name: "web", ready: 1, desired: 2, images: ["a:1", "b:2"] },
      { kind: "CronJob", namespace: "app-dev", name: "backup", ready: 0, desired: 0, images: ["c:3"] },
    ],
    routes: [],
    addresses: { web: "http://web" },
  };

  it("has columns as wide as their widest cell and no trailing spaces", () => {
    assert.equal(
      formatTable(
        ["A", "B"],
        [
          ["long cell", "x"],
          ["y", ""],
        ],
      ),
      "A          B\nlong cell  x\ny\n",
    );
  });

  it("shows an environment to people, with the commands that come next", () => {
    assert.equal(
      formatReport(report, "table"),
      [
        "KIND        NAME    READY  IMAGE",
        "Deployment  web     1/2    a:1, b:2",
        "CronJob     backup  -      c:3",
        "",
        "cluster    simulated, context terrarium-0 (pods are simulated)",
        "namespace  app-dev",
        "web        http://web",
        "",
        "next",
        "  look     bin/terrarium status --stack dev",
        "  kubectl  bin/terrarium kubectl -- -n app-dev get all",
        '  shell    eval "$(bin/terrarium shellenv)"',
        "  remove   bin/terrarium down --stack dev",
        "",
      ].join("\n"),
    );
  });

  it("shows what gateways say of its routes", () => {
    const route = { namespace: "app-dev", name: "web", gateway: "gateway/public" };
    const routes = [
      { ...route, hostnames: ["a.example.com", "b.example.com"], state: "accepted" },
      { ...route, name: "api", hostnames: [], state: "refused", reason: "NotAllowedByListeners: no" },
    ] as const;
    const lines = formatReport({ ...report, routes }, "table").split("\n");
    assert.deepEqual(lines.slice(4, 8), [
      "ROUTE  HOSTS                         GATEWAY         STATE",
      "web    a.example.com, b.example.com  gateway/public  accepted",
      "api    all of the gateway            gateway/public  refused (NotAllowedByListeners: no)",
      "",
    ]);
  });

  it("shows an environment to programs", () => {
    assert.deepEqual(JSON.parse(formatReport(report, "json")), report);
    assert.match(formatReport(report, "yaml"), /^stack: dev$/m);
  });

  it("sets and removes variables of a shell, whatever their values contain", () => {
    assert.equal(formatExports({ A: "it's $HOME", B: undefined }), "export A='it'\\''s $HOME'\nunset B\n");
  });
});
