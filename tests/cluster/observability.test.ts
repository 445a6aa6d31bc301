import assert from "node:assert/strict";
import { alertRules } from "../../components/observability/alerts.ts";
import { createDashboards } from "../../components/observability/dashboards.ts";
import { address, environment, eventually, namespace, request, unique } from "./stack.ts";

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly resultType: string;
    readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[];
  };
}

async function prometheus(query: string): Promise<Answer["data"]["result"]> {
  const url = `http://${address("prometheus", 9090)}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
  const answer = (await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json()) as Answer;
  assert.equal(answer.status, "success", `${query}: ${answer.error}`);
  return answer.data.result;
}

async function loki(query: string): Promise<readonly { readonly values: readonly (readonly [string, string])[] }[]> {
  const since = `${BigInt(Date.now() - 15 * 60_000) * 1_000_000n}`;
  const path = /^\s*(sum|count|rate|topk|avg|max|min|quantile)/.test(query) ? "query" : "query_range";
  const parameters = new URLSearchParams(path === "query" ? { query } : { query, start: since, limit: "1000" });
  const response = await fetch(`http://${address("loki", 3100)}/loki/api/v1/${path}?${parameters.toString()}`, {
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  assert.equal(response.status, 200, `${query}: ${text}`);
  return (JSON.parse(text) as { data: { result: { values: [string, string][] }[] } }).data.result;
}

describe("Prometheus", () => {
  it("scrapes every pod of every service, and itself and Loki", async () => {
    const wanted = [...Object.keys(environment.services), "prometheus", "loki"].sort();
    await eventually(
      "all targets",
      async () => {
        const up = await prometheus("up == 1");
        const found = [...new Set(up.map(({ metric }) => metric["service"] ?? ""))].sort();
        return wanted.every((name) => found.includes(name)) ? true : undefined;
      },
      { timeoutMs: 60_000 },
    );
    assert.deepEqual(await prometheus("up == 0"), []);
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
    const found = await eventually(
      "the line",
      async () => {
        const [stream] = await loki(`{service_name="guestbook-backend"} |= "${id}"`);
        return stream?.values[0]?.[1];
      },
      { timeoutMs: 60_000 },
    );
    assert.ok(found.includes(id));
  });
});

/** Panels that show failures; without any they are empty. */
const EMPTY_WHEN_WELL = /ALERTS|status_code=~"5|up == 0/;

describe("every query", () => {
  const dashboards = createDashboards(namespace, ["prometheus", "loki"]);
  const targets = Object.entries(dashboards).flatMap(([file, { panels }]) =>
    panels.flatMap((panel) =>
      "targets" in panel ? panel.targets.map((target) => ({ file, title: panel.title, ...target })) : [],
    ),
  );

  before(async () => {
    // A rate needs two scrapes with requests between them.
    const traffic = async (): Promise<void> => {
      for (const path of ["/api/entries", "/api/entries/similar?q=moss"]) await request("guestbook-backend", path);
      await request("guestbook-mf", "/");
      await request("guestbook-auth", "/token", { method: "POST" });
    };
    await eventually(
      "recorded traffic",
      async () => {
        await traffic();
        return (await prometheus("service:http_requests:rate5m > 0")).length >= 3 ? true : undefined;
      },
      { timeoutMs: 120_000, everyMs: 1000 },
    );
  });

  it("of a dashboard for metrics returns series", async () => {
    const empty: string[] = [];
    for (const target of targets.filter(({ datasource }) => datasource.type === "prometheus")) {
      const query = withVariables(target.expr);
      if ((await prometheus(query)).length === 0) empty.push(`${target.file}: ${target.title}: ${query}`);
    }
    assert.deepEqual(
      empty.filter((query) => !EMPTY_WHEN_WELL.test(query)),
      [],
    );
  });

  it("of a dashboard for logs is one that Loki answers", async () => {
    for (const target of targets.filter(({ datasource }) => datasource.type === "loki")) {
      await loki(withVariables(target.expr));
    }
  });

  it("of an alert names series that exist", async () => {
    const names = new Set(
      (
        (await (await fetch(`http://${address("prometheus", 9090)}/api/v1/label/__name__/values`)).json()) as {
          data: string[];
        }
      ).data,
    );
    const missing: string[] = [];
    for (const { rules } of alertRules(environment.observability)) {
      for (const { alert, expr } of rules) {
        await prometheus(expr);
        for (const [name] of expr
          .replace(/\{[^}]*\}|"[^"]*"|\([^()]*\)/g, " ")
          .matchAll(/\b[a-z][a-z0-9_]*(?::[a-z0-9_]+)*(?=[\s{[)]|$)/g)) {
          if (/_|:|^up$/.test(name) && !names.has(name)) missing.push(`${alert}: ${name}`);
        }
      }
    }
    assert.deepEqual(missing, []);
  });
});

/** Dashboards have variables that Grafana fills in. */
function withVariables(expr: string): string {
  return expr
    .replaceAll("$__rate_interval", "1m")
    .replaceAll("$__auto", "15s")
    .replaceAll("$__range", "15m")
    .replaceAll("$service", "guestbook-backend");
}
