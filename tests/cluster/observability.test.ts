import assert from "node:assert/strict";
import { alertRules } from "../../components/observability/alerts.ts";
import { createDashboards } from "../../components/observability/dashboards.ts";
import { exportersOf } from "../../spec/index.ts";
import { eventually } from "./eventually.ts";
import { loki, prometheus, recordedTraffic, withVariables } from "./queries.ts";
import { request } from "./request.ts";
import { environment, namespace, unique } from "./stack.ts";

describe("Prometheus", () => {
  it("scrapes every pod of every service, every exporter, and itself and Loki", async () => {
    const exporters = exportersOf(environment).map(({ name }) => name);
    const wanted = [...Object.keys(environment.services), ...exporters, "prometheus", "loki"].sort();
    await eventually("all targets", async () => {
      const up = await prometheus("up == 1");
      const found = [...new Set(up.map(({ metric }) => metric["service"] ?? ""))].sort();
      const down = await prometheus("up == 0");
      if (down.length > 0) throw new Error(`down: ${JSON.stringify(down.map(({ metric }) => metric))}`);
      return wanted.every((name) => found.includes(name)) ? true : undefined;
    });
  });

  it("has loaded all rules, and each can be evaluated", async () => {
    const { body } = await request<{
      data: { groups: { name: string; rules: { health: string; lastError?: string; name: string }[] }[] };
    }>("prometheus", "/api/v1/rules", { port: 9090 });
    const rules = body.data.groups.flatMap(({ rules }) => rules);
    assert.ok(rules.length > 20, String(rules.length));
    assert.deepEqual(
      rules.filter(({ health }) => health === "err"),
      [],
    );
  });
});

describe("Loki", () => {
  it("answers with a line that the guestbook logged, brought by the collector, with its pod and level", async () => {
    const id = unique("traced");
    await request("guestbook-backend", `/api/entries/0`, { headers: { "x-request-id": id } });
    await request("guestbook-backend", `/api/entries/similar?q=${id}`);
    const found = await eventually("the line", async () => {
      const [stream] = await loki(`{service_name="guestbook-backend"} |= "${id}"`);
      return stream?.values[0]?.[1];
    });
    assert.ok(found.includes(id));
  });
});

/** Panels that show failures; without any they are empty. */
const EMPTY_WHEN_WELL = /ALERTS|status_code=~"5|up == 0/;

/** Series that only come with a failure, or with the first scheduled backup. */
const NOT_YET = /^kube_pod_(init_)?container_status_(last_terminated|waiting)_|^kube_cronjob_status_last_/;

describe("every query", () => {
  const dashboards = Object.values(createDashboards(namespace, ["prometheus", "loki"], environment.observability));
  let known: ReadonlySet<string> = new Set();

  before(async () => {
    await recordedTraffic();
    const { body } = await request<{ data: string[] }>("prometheus", "/api/v1/label/__name__/values", { port: 9090 });
    known = new Set(body.data);
  });

  for (const { title: dashboard, panels } of dashboards) {
    for (const { title, targets } of panels) {
      for (const { datasource, expr } of targets) {
        const query = withVariables(expr);
        if (datasource.type === "loki")
          it(`of the panel "${title}" of "${dashboard}" is one that Loki answers: ${query}`, () => loki(query));
        else
          it(`of the panel "${title}" of "${dashboard}" returns series: ${query}`, async () => {
            // A scrape that a busy machine was too slow for leaves a gap until the next one.
            await eventually("a series", async () =>
              (await prometheus(query)).length > 0 || EMPTY_WHEN_WELL.test(query) ? true : undefined,
            );
          });
      }
    }
  }

  for (const { rules } of alertRules(environment.observability)) {
    for (const { alert, expr } of rules) {
      it(`of the alert ${alert} names series that exist`, async () => {
        await prometheus(expr);
        assert.deepEqual(
          seriesIn(expr).filter((series) => !known.has(series) && !NOT_YET.test(series)),
          [],
        );
      });
    }
  }
});

/** Names of the series that an expression is about. */
function seriesIn(expr: string): string[] {
  const plain = expr.replace(/\{[^}]*\}|"[^"]*"|\([^()]*\)/g, " ");
  const words = [...plain.matchAll(/\b[a-z][a-z0-9_]*(?::[a-z0-9_]+)*(?=[\s{[)]|$)/g)].map(([word]) => word);
  return words.filter((word) => /_|:|^up$/.test(word) && word !== "group_left");
}
