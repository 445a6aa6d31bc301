import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { request } from "./request.ts";

/** A series of Prometheus's answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Time in seconds, and the value. */
  readonly value: readonly [number, string];
}

/** What Prometheus of the shared environment answers now. */
export async function prometheus(query: string): Promise<readonly Sample[]> {
  const path = `/api/v1/query?${new URLSearchParams({ query }).toString()}`;
  const { body } = await request<{ status: string; error?: string; data: { result: readonly Sample[] } }>(
    ...(["prometheus", path, { port: 9090 }] as const),
  );
  assert.equal(body.status, "success", `${query}: ${body.error}`);
  return body.data.result;
}

/** What Loki of the shared environment answers about the last quarter of an hour. */
export async function loki(
  query: string,
): Promise<readonly { readonly values: readonly (readonly [string, string])[] }[]> {
  const since = `${BigInt(Date.now() - 15 * 60_000) * 1_000_000n}`;
  const path = /^\s*(sum|count|rate|topk|avg|max|min|quantile)/.test(query) ? "query" : "query_range";
  const parameters = new URLSearchParams(path === "query" ? { query } : { query, start: since, limit: "1000" });
  const { status, body, text } = await request<{ data: { result: { values: [string, string][] }[] } }>(
    ...(["loki", `/loki/api/v1/${path}?${parameters.toString()}`, { port: 3100 }] as const),
  );
  assert.equal(status, 200, `${query}: ${text}`);
  return body.data.result;
}

/** Requests to each service of the guestbook that answers some. */
export async function traffic(): Promise<void> {
  for (const path of ["/api/entries", "/api/entries/similar?q=moss"]) await request("guestbook-backend", path);
  await request("guestbook-mf", "/");
  await request("guestbook-auth", "/token", { method: "POST" });
}

/** Sends requests until Prometheus has rates of them, which takes two scrapes. */
export async function recordedTraffic(): Promise<void> {
  await eventually(
    "recorded traffic",
    async () => {
      await traffic();
      return (await prometheus("service:http_requests:rate5m > 0")).length >= 3 ? true : undefined;
    },
    { timeoutMs: 120_000, everyMs: 1000 },
  );
}

/** Dashboards have variables that Grafana fills in. */
export function withVariables(expr: string): string {
  return expr
    .replaceAll("$__rate_interval", "1m")
    .replaceAll("$__auto", "15s")
    .replaceAll("$__range", "15m")
    .replaceAll("$service", "guestbook-backend")
    .replaceAll("$store", expr.includes("redis_") ? "redis" : "postgres");
}
