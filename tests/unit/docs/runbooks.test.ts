import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { alertRules } from "../../../components/observability/alerts.ts";
import { CONDITIONS } from "../../../spec/index.ts";
import { ALERT_SCENARIOS } from "../../engine/alert-scenarios.ts";
import { monitoredEnvironment } from "../../engine/monitored-environment.ts";
import { checkout, read } from "./checkout.ts";

/** Reasons of environments that are well, or on their way. */
const WELL = ["Queued", "Provisioning", "Ready", "Asleep", "Terminating", "Admitted"];

/** Alerts on what a dashboard or a log shows, while nothing in the cluster is broken. */
const LOAD = [
  "AlertNotificationsFail",
  "AlertmanagerConfigReloadFailed",
  "CpuSaturated",
  "ErrorBudgetBurns",
  "FilesNearLimit",
  "LokiLinesDiscarded",
  "MemoryNearLimit",
  "MetricsTargetTooLarge",
  "PostgresConnectionsNearLimit",
  "PostgresVolumeFilling",
  "PrometheusConfigReloadFailed",
  "PrometheusRuleEvaluationFailures",
  "RedisConnectionsRejected",
  "RedisMemoryNearLimit",
  "RedisVolumeFilling",
];
/** Pages about the platform service, which the doctor of a stack does not look at. */
const PLATFORM =
  /(platform-without-leader|environments-|work-queue|environment-deletion|orphans|reconcile-failures|pull-requests)/;

describe("docs/runbooks", () => {
  const index = read("docs/runbooks/README.md");
  const pages = readdirSync(join(checkout, "docs/runbooks")).filter((name) => name !== "README.md");

  for (const reason of [...CONDITIONS.Ready, ...CONDITIONS.Admitted, ...CONDITIONS.DeleteBlocked]) {
    if (WELL.includes(reason)) continue;
    it(`has a page for ${reason}, which names it`, () => {
      const row = index.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${reason}\``));
      const [, page] = /\]\(([\w-]+\.md)\)/.exec(row ?? "") ?? [];
      assert.ok(page, "no row of the index");
      assert.ok(read(`docs/runbooks/${page}`).includes(`\`${reason}\``));
    });
  }

  const alerts = alertRules(monitoredEnvironment().observability).flatMap(({ rules }) => rules);
  for (const { alert, annotations } of alerts) {
    it(`has a page for the alert ${alert}, which names it and says what to do`, () => {
      const page = read(annotations.runbook ?? "");
      assert.ok(page.startsWith("# ") && page.split("\n")[0]?.includes(`\`${alert}\``));
      for (const part of ["Means", "Look", "Do"]) assert.ok(page.includes(`**${part}.**`), part);
      assert.ok(index.includes(`| \`${alert}\``), "no row of the index");
    });
  }

  for (const { alert, annotations } of alerts) {
    if (LOAD.includes(alert) || PLATFORM.test(annotations.runbook ?? "")) continue;
    it(`begins the look at ${alert} with the doctor`, () => {
      assert.match(read(annotations.runbook ?? ""), /^\*\*Look\.\*\* `bin\/terrarium doctor --stack STACK`/m);
    });
  }

  it("names the stack in each command that is about one: without, it is another one", () => {
    for (const page of pages) {
      const without = /bin\/terrarium\s+(doctor|kubectl|netcheck|validate)(?! --stack STACK)/.exec(
        read(`docs/runbooks/${page}`),
      );
      assert.equal(without?.[0], undefined, page);
    }
  });

  it("is about alerts that a scenario has fire and leaves quiet, and about no others", () => {
    const scenarios = Object.keys(ALERT_SCENARIOS).toSorted();
    assert.deepEqual(alerts.map(({ alert }) => alert).toSorted(), scenarios);
    const rows = [...index.matchAll(/^\| `([A-Z]\w+)` +\| [a-z]/gm)].map(([, alert]) => alert);
    assert.deepEqual(rows.toSorted(), scenarios);
  });

  it("lists all of its pages", () => {
    for (const page of pages) assert.ok(index.includes(`(${page})`), page);
  });
});
