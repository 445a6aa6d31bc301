import assert from "node:assert/strict";
import { netcheck, parseOutside } from "../../../cli/netcheck.ts";
import type { CommandFailure } from "../../../cli/exit.ts";
import { runProgram } from "../../../cli/program.ts";
import type { NetworkReport } from "../../../netcheck/check-network.ts";
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

  /**
   * kubectl on a cluster where pods run at once, under their names as addresses; `probed` turns the lines of a script
   * into results, knowing for each pod what file `$pods/NAME` says: its namespace, and which of its sides is opened.
   */
  const working = (probed: string): string => `
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
pods='${scratch().path}/pods'
policy='${scratch().path}/policy'
case "$*" in
  *"get namespaces"*"created-by=env-tests"*) echo '{"items":[]}' ;;
  *"get networkpolicies"*) echo '{"items":[]}' ;;
  *"get namespaces"*) echo '{"items":[{"kind":"Namespace","metadata":{"name":"shop-dev","creationTimestamp":"2026-01-01T00:00:00Z"},"status":{}}]}' ;;
  *"get pods"*)
    printf '{"items":['; first=
    for pod in "$pods"/*; do
      [ -e "$pod" ] || continue
      name=$(basename "$pod"); read -r namespace _ < "$pod"
      printf '%s{"metadata":{"name":"%s","namespace":"%s","creationTimestamp":"%s"},"status":{"phase":"Running","podIP":"%s","containerStatuses":[{"ready":true}]}}' "$first" "$name" "$namespace" "$now" "$name"; first=,
    done
    printf ']}' ;;
  *endpointslices/kubernetes*) echo '{"endpoints":[{"addresses":["172.18.0.2"]}],"ports":[{"port":6443}]}' ;;
  *create*)
    mkdir -p "$pods"; input=$(cat)
    case "$input" in *'"name":"deny-everything"'*) touch "$policy" ;; esac
    echo "$input" | sed 's/{"apiVersion"/\\n&/g' | grep '"kind":"Pod"' | while read -r pod; do
      name=$(echo "$pod" | sed 's/.*"name":"\\(canary-[0-9a-f]*\\)".*/\\1/')
      namespace=$(echo "$pod" | sed 's/.*"namespace":"\\([^"]*\\)".*/\\1/')
      opened=$(echo "$pod" | sed -n 's/.*canary-opened":"\\([a-z]*\\).*/\\1/p; s/.*canary-role":"\\([a-z]*\\).*/\\1/p')
      echo "$namespace $opened" > "$pods/$name.new"; mv "$pods/$name.new" "$pods/$name"
    done ;;
  *"exec --stdin"*) self=$9; input=$(cat); ${probed} ;;
  *) echo '{"groups":[]}' ;;
esac`;

  /** What canaries are opened for, DNS, and the API server for the one outside. */
  const asDeclared = `
    echo "$input" | grep '^probe [0-9]' | while read -r _ index how host port _; do
      host=$(echo "$host" | tr -d "'")
      about=$(cat "$pods/$host" 2>/dev/null)
      verdict='1 wget: download timed out'
      case "$(cat "$pods/$self") > $about" in
        *"> canary-test-"*guarded) [ -e "$policy" ] || verdict=0 ;;
        "canary-test-"*"> "*ingress | *"egress > canary-test-"*) verdict=0 ;;
        "canary-test-"*) [ "$host" = kubernetes.default.svc ] && verdict=0 ;;
      esac
      case "$host" in '"$resolver"' | "$self" | "$EXTRA") verdict=0 ;; esac
      echo "probe $index $verdict"
    done`;

  const removed = (): number =>
    scratch()
      .calls()
      .filter((call) => call.includes(" delete --namespace ")).length;

  it("ends with 0 when all is as declared, and removes its canaries", async () => {
    const surroundings = prepare(working(asDeclared));
    assert.equal(await runProgram(["netcheck"], surroundings), 0, surroundings.output.stderr);
    assert.match(surroundings.output.stdout, /^FROM +TO +PORT +EXPECTED +GOT$/m);
    assert.match(surroundings.output.stdout, /^a pod of no part +api +53 7777 8080\/TCP +closed +closed$/m);
    assert.match(surroundings.output.stdout, /^not checked: every part to outside: .* --outside HOST:PORT$/m);
    assert.match(surroundings.output.stdout, /^(\d+) checks: \1 as declared\n$/m);
    assert.equal(removed(), 2);
  });

  it("ends with 1 when a connection is not as declared, and shows only that when asked", async () => {
    const surroundings = prepare(`EXTRA=192.0.2.1\n${working(asDeclared)}`);
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
        if (text.startsWith("Trying every connection")) interruption.abort(new Error("Interrupted."));
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
