import assert from "node:assert/strict";
import { toMarkdown } from "../../../../cli/check/markdown.ts";
import { readPrices } from "../../../../cli/check/prices.ts";
import { reservedBy } from "../../../../cli/check/reserved.ts";
import { toCheckReport, VERDICT_EXIT_CODES } from "../../../../cli/check/report.ts";
import { failedReport, type StackReport, toStackReport } from "../../../../cli/check/stack-report.ts";
import type { Step } from "../../../../cli/check/steps.ts";
import type { KubeManifest } from "../../../../cli/rendered-object.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { put, shop, TODAY } from "../../policies/shop.ts";

type Objects = ReturnType<typeof shop>;

const PRICES = { currency: "EUR", cpu: 20, memory: 5, storage: 1 };

/** A step for each object of the shop, whose state after the change may be another. */
function steps(change: (objects: Objects) => void = () => undefined): Step[] {
  const [old, young] = [shop(), shop()];
  change(young);
  return Object.keys(old).map((key): Step => {
    const [before, after] = [old, young].map((objects) => objects[key as keyof Objects] as unknown as KubeManifest);
    const action = JSON.stringify(before) === JSON.stringify(after) ? "keep" : "change";
    const rest = { replacedFor: [], changedPaths: [], isProtected: false, losesProtection: false };
    return { action, object: key, ...(before ? { before } : {}), ...(after ? { after } : {}), ...rest };
  });
}

function reportOf(change?: (objects: Objects) => void, errors: readonly string[] = []): StackReport {
  return toStackReport({ steps: steps(change), errors }, { stack: "prod", tier: "prod", today: TODAY, prices: PRICES });
}

const setImage = (image: string) => (objects: Objects) => {
  put(objects.web, "spec.template.spec.containers.0.image", image);
};

describe("the report of a check", () => {
  const scratch = useScratchFolder();

  it("has a verdict, each with an exit code of its own", () => {
    const verdict = (...stacks: StackReport[]) => toCheckReport("main", stacks).verdict;
    const nothing = reportOf();
    const changes = reportOf(setImage("example.com/shop:2.0.0"));
    const violations = reportOf(setImage("example.com/shop:latest"));
    const loss = { ...changes, dataLoss: [{ object: "x", what: "is deleted", isProtected: false }] };
    const failed = failedReport("prod", ["no such file"]);
    assert.deepEqual(
      [verdict(nothing), verdict(nothing, changes), verdict(changes, violations), verdict(failed, violations)],
      ["nothing", "changes", "violations", "errors"],
    );
    assert.equal(verdict(failed, loss, violations), "data-loss");
    assert.deepEqual(VERDICT_EXIT_CODES, { nothing: 0, errors: 1, changes: 3, violations: 4, "data-loss": 5 });
  });

  it("tells new violations from those that were there before", () => {
    const isNew = (report: StackReport) => report.policies?.violations.map((violation) => violation.isNew);
    assert.deepEqual(isNew(reportOf(setImage("example.com/shop:latest"))), [true]);
    const same = steps().map((step) => {
      if (step.object !== "web") return step;
      const web = shop().web;
      put(web, "spec.template.spec.containers.0.image", "example.com/shop:latest");
      return { ...step, before: web as unknown as KubeManifest, after: web as unknown as KubeManifest };
    });
    const args = { stack: "prod", tier: "prod", today: TODAY } as const;
    assert.deepEqual(isNew(toStackReport({ steps: same, errors: [] }, args)), [false]);
  });

  it("tells what is reserved, and what that costs in a month", () => {
    const report = reportOf(({ web }) => {
      put(web, "spec.template.spec.containers.0.resources.requests.memory", "1088Mi");
    });
    const { before, after } = report.capacity ?? assert.fail();
    assert.ok(before.pods >= 2);
    const gibibytes = (after.memory - before.memory) / 2 ** 30;
    assert.ok(gibibytes >= 2, `${gibibytes} GiB more`);
    assert.equal((report.cost?.after ?? 0) - (report.cost?.before ?? 0), gibibytes * PRICES.memory);
    assert.match(toMarkdown(toCheckReport("main", [report])), /\+\d+ GiB memory \| \+€\d+\.\d\d to €/);
  });

  it("counts sidecars, the fewest pods of an autoscaler, one node's pod of a DaemonSet, and volumes of each pod", () => {
    const pod = (cpu: string) => ({ containers: [{ resources: { requests: { cpu, memory: "1Gi" } } }] });
    const object = (kind: string, spec: object): KubeManifest => ({
      apiVersion: "v1",
      kind,
      metadata: { name: "x", namespace: "n" },
      spec,
    });
    const claim = { spec: { resources: { requests: { storage: "2Gi" } } } };
    const sidecar = { restartPolicy: "Always", resources: { requests: { cpu: "100m" } } };
    const capacity = reservedBy([
      object("StatefulSet", { replicas: 2, template: { spec: pod("500m") }, volumeClaimTemplates: [claim] }),
      object("Deployment", { replicas: 9, template: { spec: { ...pod("1"), initContainers: [sidecar, pod("8")] } } }),
      object("HorizontalPodAutoscaler", { minReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "x" } }),
      object("DaemonSet", { template: { spec: pod("1") } }),
      object("Job", { template: { spec: pod("4") } }),
      object("PersistentVolumeClaim", claim.spec),
    ]);
    assert.deepEqual(capacity, { pods: 6, cpu: 5.3, memory: 6 * 2 ** 30, storage: 6 * 2 ** 30 });
  });

  it("says of a preview that failed only what was seen", () => {
    const report = reportOf(setImage("example.com/shop:2.0.0"), ["spec is immutable"]);
    assert.equal(report.policies ?? report.connections ?? report.capacity ?? report.cost, undefined);
    const markdown = toMarkdown(toCheckReport("main", [report]));
    assert.match(markdown, /> \[!WARNING\]\n> \*\*prod could not be previewed to its end/);
    assert.match(markdown, /\| prod \| prod \| - \| 1 \| - \| - \| not known \| not known \| not known \|/);
  });

  it("repeats no secret of an error", () => {
    const value = "Zk3vQ9xT7bLm2Rw8Yc5Hn4Jp6Ds1Fg0A";
    assert.ok(!toMarkdown(toCheckReport("main", [reportOf(undefined, [`Invalid value: ${value}`])])).includes(value));
    assert.ok(!JSON.stringify(failedReport("prod", [`Invalid value: ${value}`])).includes(value));
  });

  it("begins with data loss, then what failed, then policies", () => {
    const loss = { object: "PersistentVolumeClaim shop/data", what: "is deleted: all is lost", isProtected: true };
    const report = { ...reportOf(setImage("example.com/shop:latest")), dataLoss: [loss] };
    const markdown = toMarkdown(toCheckReport("main (1a2b3c4)", [report, failedReport("dev", ["no"])]));
    assert.match(markdown, /^<!-- terrarium-check -->\n\n## Terrarium: data would be lost\n/);
    const order = ["[!CAUTION]", "dev could not be previewed", "pinned-images", "| Stack |"];
    const positions = order.map((text) => markdown.indexOf(text));
    assert.ok(!positions.includes(-1), markdown);
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    );
    assert.match(markdown, /`PersistentVolumeClaim shop\/data` is deleted: all is lost\. It is protected: /);
  });

  it("is no markup and calls nobody, whatever names and values a change has", () => {
    const hostile = "</details> @admin `x` [click](https://example.com) ``` ![i](x) **b**";
    const change = {
      action: "change",
      object: hostile,
      replacedFor: [],
      properties: [{ path: hostile, after: hostile }],
    };
    const dataLoss = [{ object: hostile, what: hostile, isProtected: false }];
    const report = {
      ...failedReport(hostile, [hostile], [hostile]),
      changes: [change],
      dataLoss,
    } as unknown as StackReport;
    const lines = toMarkdown(toCheckReport(hostile, [report])).split("\n");
    const outsideCode = lines
      .filter((line, index) => !isFenced(lines, index) && !line.startsWith("|"))
      .map((line) => line.replaceAll(/(`+) .*? \1(?!`)/g, ""))
      .join("\n");
    assert.doesNotMatch(outsideCode, /@admin|(?<!\\)\[click|(?<!\\)!\[i|[^\\]\*\*b\*\*(?! )/);
    assert.equal([...outsideCode.matchAll(/<\/details>/g)].length, 1);
  });

  it("leaves values out where there are too many for a comment, and never grows beyond one", () => {
    const change = (length: number) => ({
      ...reportOf(),
      changes: Array.from({ length }, (_, index) => ({
        action: "change" as const,
        object: `ConfigMap shop/c${index}`,
        replacedFor: [],
        properties: [{ path: "data.x", after: "y".repeat(150) }],
      })),
    });
    const some = toMarkdown(toCheckReport("main", [change(500)]));
    assert.ok(some.length < 60_000 && some.includes("ConfigMap shop/c499") && some.includes("are left out"));
    assert.ok(toMarkdown(toCheckReport("main", [change(5000)])).length < 65_536);
  });

  it("takes prices from a file, tier by tier, and says what is wrong with it", () => {
    const file = scratch().file("prices.yaml", "prod: { currency: EUR, cpu: 20, memory: 5, storage: 0.1 }\n");
    assert.deepEqual(readPrices(file).prod, { currency: "EUR", cpu: 20, memory: 5, storage: 0.1 });
    for (const [text, problem] of [
      ["qa: {}", /qa.*|Invalid key/],
      ["prod: { cpu: -1, memory: 1, storage: 1 }", /prod\.cpu/],
      ["prod: [", /cannot be read/],
    ] as const) {
      assert.throws(() => readPrices(scratch().file("wrong.yaml", text)), problem, text);
    }
  });
});

function isFenced(lines: readonly string[], index: number): boolean {
  let fence: string | undefined;
  for (const line of lines.slice(0, index + 1)) {
    const run = /^(?:> |  )?(`{3,})/.exec(line)?.[1];
    if (run === undefined) continue;
    if (fence === undefined) fence = run;
    else if (run === fence) fence = undefined;
  }
  return fence !== undefined || /^(?:> |  )?`{3,}/.test(lines[index] ?? "");
}
