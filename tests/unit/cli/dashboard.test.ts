import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { runProgram } from "../../../cli/program.ts";
import { eventually } from "../platform/pull-requests/service.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings, type TestSurroundings } from "./surroundings.ts";

describe("terrarium dashboard", function () {
  // It mostly waits, for processes; on a machine that is full, for longer.
  this.timeout(60_000);

  const scratch = useScratchFolder();

  /** A kubectl that knows the Service at a port, and forwards as told. */
  function kubectl(port: string, forwarding: string): void {
    scratch().program(
      "kubectl",
      `case "$*" in
  *"get service terrarium-platform"*) printf '${port}' ;;
  *port-forward*) for last; do :; done
    ${forwarding} ;;
esac`,
    );
  }

  /** Forwards as kubectl does: any port that is free where none is asked for. */
  const FORWARDS = `local="\${last%%:*}"
    echo "Forwarding from 127.0.0.1:\${local:-43210} -> 8080"
    exec sleep 600`;

  function start(...args: string[]) {
    const interruption = new AbortController();
    const surroundings: TestSurroundings = testSurroundings(scratch(), { interrupted: interruption.signal });
    const kubeconfig = scratch().file("kubeconfig", JSON.stringify(KUBECONFIG));
    const code = runProgram(["dashboard", "--kubeconfig", kubeconfig, ...args], surroundings);
    return { code, output: surroundings.output, interrupt: () => interruption.abort() };
  }

  const forwards = () =>
    scratch()
      .calls()
      .filter((call) => call.includes("port-forward"));

  it("says the address, leads there until it is interrupted, and ends with 0", async () => {
    kubectl("8080", FORWARDS);
    const { code, output, interrupt } = start();
    await eventually(() => output.stdout !== "", "the address");
    assert.equal(output.stdout, "http://127.0.0.1:43210/\n");
    assert.match(output.stderr, /kubectl create token ACCOUNT -n terrarium --audience=terrarium/);
    interrupt();
    assert.equal(await code, 0, output.stderr);
    assert.match(
      forwards().join(),
      /--namespace terrarium port-forward --address 127\.0\.0\.1 service\/terrarium-platform :8080$/,
    );
  });

  it("uses the port that is asked for, and the same one for the pod that takes another's place", async () => {
    const gone = `${scratch().path}/gone`;
    kubectl(
      "8080",
      `if [ -e '${gone}' ]; then ${FORWARDS}\nfi\n: > '${gone}'
    echo "Forwarding from 127.0.0.1:\${last%%:*} -> 8080"
    echo "error: lost connection to pod" >&2
    exec sleep 600`,
    );
    const { code, output, interrupt } = start("--port", "43211");
    await eventually(() => output.stderr.includes("was replaced"), "another pod");
    interrupt();
    assert.equal(await code, 0);
    assert.equal(output.stdout, "http://127.0.0.1:43211/\n");
    assert.deepEqual(
      forwards().map((call) => call.split(" ").at(-1)),
      ["43211:8080", "43211:8080"],
    );
  });

  it("opens a browser where that is asked for, and nothing else does", async () => {
    const opened = `${scratch().path}/opened`;
    kubectl("8080", FORWARDS);
    for (const name of ["xdg-open", "open"]) scratch().program(name, `echo "$1" > '${opened}'`);
    const without = start();
    await eventually(() => without.output.stdout !== "", "the address");
    without.interrupt();
    await without.code;
    assert.equal(existsSync(opened), false);
    const { code, interrupt } = start("--open");
    await eventually(() => existsSync(opened), "a browser");
    interrupt();
    await code;
  });

  it("fails where the service is not installed, and says what to do", async () => {
    kubectl("", "exit 1");
    const { code, output } = start("--namespace", "other");
    assert.equal(await code, 1);
    assert.match(
      output.stderr,
      /No platform service is installed in the namespace other of test\. `bin\/terrarium platform install`/,
    );
    assert.deepEqual([output.stdout, forwards()], ["", []]);
  });

  it("fails where the port can't be opened, in the words of kubectl", async () => {
    kubectl("8080", "echo 'error: unable to listen on port 43212' >&2; exit 1");
    const { code, output } = start("--port", "43212");
    assert.equal(await code, 1);
    assert.match(
      output.stderr,
      /No port to the platform service could be opened\. error: unable to listen on port 43212/,
    );
  });

  it("fails where the cluster does not answer", async () => {
    scratch().program("kubectl", "echo 'The connection to the server was refused' >&2; exit 1");
    const { code, output } = start();
    assert.equal(await code, 1);
    assert.match(output.stderr, /can't be looked up\. The connection to the server was refused/);
  });

  it("takes no port that is none", async () => {
    for (const port of ["0", "65536", "http"]) assert.equal(await start("--port", port).code, 2);
  });
});

const KUBECONFIG = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "test", cluster: { server: "https://127.0.0.1:1" } }],
  users: [{ name: "test", user: {} }],
  contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  "current-context": "test",
};
