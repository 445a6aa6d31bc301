import assert from "node:assert/strict";
import { parse } from "yaml";
import { formatDiagnosis, reportDiagnosis } from "../../../cli/doctor-report.ts";
import { CommandFailure } from "../../../cli/exit.ts";
import { runProgram } from "../../../cli/program.ts";
import { sayWhenSlow } from "../../../cli/when-slow.ts";
import type { Finding } from "../../../doctor/finding.ts";
import type { Diagnosis } from "../../../doctor/index.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { SHOP } from "./kind-machine.ts";
import { testSurroundings } from "./surroundings.ts";

const finding = (name: string): Finding => ({
  rule: "crash",
  about: { kind: "Deployment", namespace: "shop-dev", name },
  stage: "failure",
  severity: "failing",
  says: `Deployment ${name} ends again and again.`,
  evidence: [`Pod ${name}-1 ended`],
  next: "kubectl logs",
});
const healthy: Diagnosis = { environment: "shop-dev", causes: [], unread: [] };
const broken: Diagnosis = {
  environment: "shop-dev",
  causes: [{ finding: finding("api"), consequences: Array.from({ length: 8 }, (_, index) => finding(`web-${index}`)) }],
  unread: [{ source: "metrics", why: "Prometheus does not answer" }],
};

describe("what the doctor prints", () => {
  const scratch = useScratchFolder();

  it("is the cause first, then evidence, next step and what follows, and what was not read", () => {
    const lines = formatDiagnosis(broken, "table").split("\n");
    assert.deepEqual(lines.slice(0, 4), [
      "1. Deployment api ends again and again.",
      "   seen  Pod api-1 ended",
      "   next  kubectl logs",
      "   so    Deployment web-0 ends again and again.",
    ]);
    assert.ok(lines.includes("   so    and 2 more"));
    assert.deepEqual(lines.slice(-2), ["not read: metrics: Prometheus does not answer", ""]);
  });

  it("is one line where nothing is wrong", () => {
    assert.equal(formatDiagnosis(healthy, "table"), "Nothing is wrong with shop-dev, as far as can be seen.\n");
  });

  it("is the same in JSON and YAML, in the documented shape", () => {
    assert.deepEqual(JSON.parse(formatDiagnosis(broken, "json")), broken);
    assert.deepEqual(parse(formatDiagnosis(broken, "yaml")), broken);
    assert.deepEqual(Object.keys(broken.causes[0]?.finding ?? {}).toSorted(), [
      ...["about", "evidence", "next", "rule", "says", "severity", "stage"],
    ]);
  });

  it("ends with 1 where something is wrong", () => {
    const surroundings = testSurroundings(scratch());
    reportDiagnosis(surroundings, healthy, "table");
    assert.throws(() => {
      reportDiagnosis(surroundings, broken, "table");
    }, new CommandFailure("1 thing is wrong with shop-dev."));
  });

  it("names what is waited for only once that takes long", async () => {
    const surroundings = testSurroundings(scratch());
    assert.equal(await sayWhenSlow(surroundings, "Reading.", Promise.resolve(1)), 1);
    assert.equal(surroundings.output.stderr, "");
    let finish: (value: number) => void = () => undefined;
    const work = new Promise<number>((resolve) => (finish = resolve));
    const slow: typeof surroundings = {
      ...surroundings,
      stderr: {
        write: (text: string) => {
          surroundings.output.stderr += text;
          finish(2);
        },
      },
    };
    assert.equal(await sayWhenSlow(slow, "Reading.", work, 1), 2);
    assert.equal(surroundings.output.stderr, "Reading.\n");
  });
});

describe("terrarium doctor on a cluster that somebody else runs", () => {
  const scratch = useScratchFolder();
  const ask = async (kubectl: string) => {
    const surroundings = testSurroundings(scratch());
    scratch().file("Pulumi.dev.yaml", `${SHOP}  terrarium:context: work\n`);
    scratch().file(".kube/config", '{"contexts":[{"name":"work"}]}');
    scratch().program("kubectl", kubectl);
    const code = await runProgram(["doctor", "--stack", "dev"], surroundings);
    return { code, lines: surroundings.output.stdout.split("\n") };
  };

  it("says that it does not answer, and how to find out more: no update repairs it", async () => {
    const { code, lines } = await ask("echo 'did you specify the right host or port?' >&2; exit 1");
    assert.equal(code, 1);
    assert.deepEqual(lines.slice(0, 2), [
      "1. The cluster of dev does not work: did you specify the right host or port.",
      "   next  See that it runs and can be reached from here: kubectl --context work cluster-info",
    ]);
  });

  it("does not take what it can't read for health", async () => {
    const { code, lines } = await ask('case "$*" in *"/version"*) ;; *) echo "it is too slow" >&2; exit 1 ;; esac');
    assert.equal(code, 1);
    assert.match(lines[0] ?? "", /^1\. The pods of \S+-dev can't be read: it is too slow\.$/);
  });
});
