import assert from "node:assert/strict";
import { formatNetworkReport, netcheck, parseOutside } from "../../../cli/netcheck.ts";
import type { CommandFailure } from "../../../cli/exit.ts";
import { runProgram } from "../../../cli/program.ts";
import type { CheckResult, NetworkReport } from "../../../netcheck/check-network.ts";
import { testSurroundings, type TestSurroundings } from "../cli/surroundings.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { quickClock } from "./quick-clock.ts";

describe("terrarium netcheck", () => {
  const scratch = useScratchFolder();

  /** A stack on a cluster of the user's, which is one service without callers. */
  const prepare = (kubectl: string): TestSurroundings => {
    const surroundings = testSurroundings(scratch());
    scratch().file(
      "Pulumi.dev.yaml",
      `config:
  terrarium:tier: dev
  terrarium:name: shop-dev
  terrarium:context: work
  terrarium:services: { api: { image: "registry.example.com/api:1.0.0", metrics: false } }
  terrarium:observability: { enabled: false }
`,
    );
    scratch().file(".kube/config", '{"contexts":[{"name":"work"}]}');
    scratch().program("kubectl", kubectl);
    return surroundings;
  };

  /** kubectl on a cluster where pods run at once; `probed` turns a probe's line of the script into its result. */
  const working = (probed: string): string => `
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
pods='${scratch().path}/pods'
case "$*" in
  *"get namespaces"*"created-by=env-tests"*) echo '{"items":[]}' ;;
  *"get namespaces"*) echo '{"items":[{"kind":"Namespace","metadata":{"name":"shop-dev","creationTimestamp":"2026-01-01T00:00:00Z"},"status":{}}]}' ;;
  *"get pods"*)
    printf '{"items":['; first=
    for pod in "$pods"/*; do
      [ -e "$pod" ] || continue
      printf '%s{"metadata":{"name":"%s","namespace":"%s","creationTimestamp":"%s"},"status":{"phase":"Running","podIP":"10.0.0.1"}}' "$first" "$(basename "$pod")" "$(cat "$pod")" "$now"; first=,
    done
    printf ']}' ;;
  *endpointslices*) echo '{"endpoints":[{"addresses":["172.18.0.2"]}],"ports":[{"port":6443}]}' ;;
  *create*)
    mkdir -p "$pods"; input=$(cat)
    case "$input" in *'"kind":"NetworkPolicy"'*) touch '${scratch().path}/policy' ;; *'"kind":"Pod"'*)
      name=$(echo "$input" | sed 's/.*"name":"\\(canary-[0-9a-f]*\\)".*/\\1/')
      echo "$input" | sed 's/.*"namespace":"\\([^"]*\\)".*/\\1/' > "$pods/$name" ;;
    esac ;;
  *"exec --stdin"*) input=$(cat); policy='${scratch().path}/policy'; ${probed} ;;
  *) echo '{"groups":[]}' ;;
esac`;

  /** One probe in a script is the proof of enforcement; more are the matrix, where TCP to names and DNS are open. */
  const asDeclared = `
    count=$(echo "$input" | grep -c '^probe [0-9]')
    echo "$input" | grep '^probe [0-9]' | while read -r _ index how host port _; do
      verdict='1 wget: download timed out'
      case "$count $how" in "1 http") [ -e "$policy" ] || verdict=0 ;; esac
      case "$host" in '"$resolver"') verdict=0 ;; "'kubernetes.default.svc'") [ "$count" = 1 ] && verdict=0 ;; esac
      [ "$EXTRA" = "$host" ] && verdict=0
      echo "probe $index $verdict"
    done`;

  const removed = (): number =>
    scratch()
      .calls()
      .filter((call) => call.includes("delete pods")).length;

  it("ends with 0 when all is as declared, and removes its canaries", async () => {
    const surroundings = prepare(working(asDeclared));
    assert.equal(await runProgram(["netcheck"], surroundings), 0, surroundings.output.stderr);
    assert.match(surroundings.output.stdout, /^FROM +TO +PORT +EXPECTED +GOT$/m);
    assert.match(surroundings.output.stdout, /^a pod of no part +api +8080\/TCP +closed +closed$/m);
    assert.match(surroundings.output.stdout, /^not checked: every part to the world outside: .* --outside HOST:PORT$/m);
    assert.match(surroundings.output.stdout, /^(\d+) checks: \1 as declared\n$/m);
    assert.equal(removed(), 2);
  });

  it("ends with 1 when a connection is not as declared, and shows only that when asked", async () => {
    const surroundings = prepare(`EXTRA="'192.0.2.1'"\n${working(asDeclared)}`);
    const outside = { host: "192.0.2.1", port: 443 };
    await assert.rejects(
      netcheck(surroundings, { stack: "dev", output: "json", onlyDifferences: true, outside }, quickClock()),
      (error: CommandFailure) =>
        error.exitCode === 1 && /^2 of \d+ connections are not as declared\.$/.test(error.message),
    );
    const { checks, summary } = JSON.parse(surroundings.output.stdout) as NetworkReport & { summary: unknown };
    assert.deepEqual(
      checks.map(({ from, to, got }) => [from, to, got]),
      [
        ["api", "outside 192.0.2.1", "open"],
        ["a pod of no part", "outside 192.0.2.1", "open"],
      ],
    );
    assert.match(JSON.stringify(summary), /^\{"total":\d+,"asDeclared":\d+\}$/);
    assert.equal(removed(), 2);
  });

  it("ends with 1 and says so when the network plugin does not enforce policies", async () => {
    const everythingIsOpen = `echo "$input" | sed -n 's/^probe \\([0-9]*\\) .*/probe \\1 0/p'`;
    const surroundings = prepare(working(everythingIsOpen));
    await assert.rejects(
      netcheck(surroundings, { stack: "dev", output: "table", onlyDifferences: false }, quickClock()),
      (error: CommandFailure) =>
        error.exitCode === 1 &&
        error.message.startsWith("The network plugin of this cluster does not enforce NetworkPolicy"),
    );
    assert.equal(surroundings.output.stdout, "");
    assert.equal(removed(), 2);
  });

  it("ends with 130 when it is interrupted, and removes its canaries", async () => {
    const interruption = new AbortController();
    const surroundings: TestSurroundings = {
      ...prepare(working(asDeclared)),
      interrupted: interruption.signal,
    };
    const stderr = surroundings.stderr;
    const interrupting = {
      write: (text: string) => {
        if (text.startsWith("The network plugin enforces")) interruption.abort(new Error("Interrupted."));
        return stderr.write(text);
      },
    };
    assert.equal(await runProgram(["netcheck"], { ...surroundings, stderr: interrupting }), 130);
    assert.equal(surroundings.output.stdout, "");
    assert.equal(removed(), 2);
  });

  it("ends with 1 and says what to do when the stack is not up", async () => {
    const surroundings = prepare(`case "$*" in *"get namespaces"*) echo '{"items":[]}' ;; *) echo '{}' ;; esac`);
    assert.equal(await runProgram(["netcheck"], surroundings), 1);
    assert.equal(surroundings.output.stderr, "terrarium: dev is not up. Run `terrarium up --stack dev`.\n");
    const empty = testSurroundings(scratch());
    scratch().file("Pulumi.dev.yaml", "config:\n  terrarium:tier: dev\n");
    assert.equal(await runProgram(["netcheck"], empty), 1);
    assert.equal(empty.output.stderr, "terrarium: dev is not up. Run `terrarium up --stack dev`.\n");
  });

  for (const outside of ["example.com", "example.com:0", "example.com:65536", ":443", "a b:443"]) {
    it(`ends with 2 for --outside ${outside}`, async () => {
      const surroundings = prepare("exit 9");
      assert.equal(await runProgram(["netcheck", "--outside", outside], surroundings), 2);
      assert.match(surroundings.output.stderr, /Allowed is HOST:PORT/);
      assert.deepEqual(scratch().calls(), []);
    });
  }

  it("takes a host and a port for the world outside", () => {
    assert.deepEqual(parseOutside("192.0.2.1:443"), { host: "192.0.2.1", port: 443 });
  });
});

describe("The report of a network check", () => {
  const result = (from: string, got: CheckResult["got"], detail?: string): CheckResult => ({
    ...{ from, to: "api", target: { kind: "canary", role: "api" }, port: 8080, protocol: "TCP" },
    ...{ expected: "closed", why: "not declared", got },
    ...(detail === undefined ? {} : { detail }),
  });
  const report: NetworkReport = {
    environment: "shop-dev",
    enforced: true,
    checks: [result("web", "closed"), result("worker", "open"), result("job", "error", "no result")],
    unchecked: [{ from: "namespace x", to: "every part", why: "there is none" }],
  };

  it("is a table that explains each difference, and ends with a summary", () => {
    assert.equal(
      formatNetworkReport(report, "table", false),
      `FROM    TO   PORT      EXPECTED  GOT
web     api  8080/TCP  closed    closed
worker  api  8080/TCP  closed    open (not declared)
job     api  8080/TCP  closed    error (not declared; no result)

not checked: namespace x to every part: there is none
3 checks: 2 differ
`,
    );
  });

  it("is only the differences when asked, and only the summary when there are none", () => {
    assert.doesNotMatch(formatNetworkReport(report, "table", true), /^web/m);
    assert.equal(
      formatNetworkReport({ ...report, checks: [result("web", "closed")], unchecked: [] }, "table", true),
      "1 checks: 1 as declared\n",
    );
  });

  it("is for programs in JSON and YAML", () => {
    assert.match(formatNetworkReport(report, "yaml", true), /^summary:\n {2}total: 3\n {2}asDeclared: 1$/m);
    assert.partialDeepStrictEqual(JSON.parse(formatNetworkReport(report, "json", false)), report);
  });
});
