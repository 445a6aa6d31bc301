import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { createProgress, defaultCacheDir, ensureToolchain, type Toolchain } from "../../clusters/toolchain/index.ts";
import { prometheusFiles } from "../../components/observability/prometheus-config.ts";
import { ALERT_SCENARIOS, type AlertScenario, type Series } from "./alert-scenarios.ts";
import { run } from "./checkout.ts";
import { monitoredEnvironment } from "./monitored-environment.ts";

/** Where the tools must be built first, as on a new machine. */
const BUILD_TIMEOUT_MS = 1_200_000;

describe("alert rules, by Prometheus's own test tool", () => {
  let tools: Toolchain;
  let folder: string;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    tools = await installed();
    folder = mkdtempSync(join(tmpdir(), "terrarium-alerts-"));
    for (const [name, text] of Object.entries(prometheusFiles(monitoredEnvironment(), ".")))
      writeFileSync(join(folder, name), text);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("are valid, with the templates of their texts", async () => {
    const { code, stdout, stderr } = await run(tools.path("promtool"), ["check", "config", "prometheus.yml"], folder);
    assert.equal(code, 0, `${stdout}${stderr}`);
  });

  it("fire when they should, and not when it only looks like it", async () => {
    const tests = Object.entries(ALERT_SCENARIOS).flatMap(([alert, scenario]) => [
      toTest(alert, scenario, scenario.fires, true),
      toTest(alert, scenario, scenario.quiet, false),
    ]);
    const file = { rule_files: ["*.rules.yml"], evaluation_interval: "1m", tests };
    writeFileSync(join(folder, "test.yml"), stringify(file));
    const { code, stdout, stderr } = await run(tools.path("promtool"), ["test", "rules", "test.yml"], folder);
    assert.equal(code, 0, `${stdout}${stderr}`);
  });
});

function installed(): Promise<Toolchain> {
  return ensureToolchain(["prometheus"], {
    cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
    progress: createProgress(process.stderr),
    env: process.env,
  });
}

function toTest(alert: string, { at, matching }: AlertScenario, series: Series, fires: boolean): object {
  const matchers = [`alertname="${alert}"`, 'alertstate="firing"', ...(matching ? [matching] : [])].join(", ");
  return {
    name: `${alert} ${fires ? "fires" : "is quiet"}`,
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{${matchers}})`,
        eval_time: at,
        exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
      },
    ],
  };
}
