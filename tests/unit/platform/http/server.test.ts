import assert from "node:assert/strict";
import type { FastifyInstance } from "fastify";
import { Metrics } from "../../../../platform/http/metrics.ts";
import { portOf, serve } from "../../../../platform/http/server.ts";
import { quietLog } from "../quiet-log.ts";

describe("the service's HTTP server", () => {
  let server: FastifyInstance;
  let missing: string | undefined;
  const metrics = new Metrics({
    phases: () => ["Ready", "Ready", "Queued", undefined],
    queueLength: () => 3,
    running: (kind) => (kind === "apply" ? 2 : 0),
    leading: () => true,
    eventStreams: () => 4,
  });
  const get = async (path: string, method = "GET") => {
    const response = await fetch(`http://127.0.0.1:${portOf(server)}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };

  before(async () => {
    server = await serve({ port: 0, notReady: () => missing, metrics, log: quietLog() });
  });

  after(() => server.close());

  it("says that the service lives, and when it is not ready what is missing", async () => {
    assert.deepEqual(await get("/healthz"), { status: 200, text: "ok\n" });
    assert.deepEqual(await get("/readyz"), { status: 200, text: "ok\n" });
    missing = "the objects are not listed yet";
    assert.deepEqual(await get("/readyz"), { status: 503, text: "the objects are not listed yet\n" });
    assert.equal((await get("/healthz")).status, 200);
  });

  it("shows what the service does", async () => {
    const request = { id: "apply-1", kind: "apply", stack: "preview-one", namespace: "preview-one" } as const;
    const steps = [{ name: "data stores", startedAt: "2026-01-01T00:00:00Z", seconds: 3.5 }];
    metrics.operationEnded(request, { ok: true, steps }, 12);
    metrics.operationEnded(request, { ok: false, reason: "Timeout", message: "", retry: "transient" }, 1800);
    metrics.pullRequestsPolled("team/shop", false);
    metrics.webhookAnswered("refused");
    const { text } = await get("/metrics");
    for (const line of [
      'terrarium_environments{phase="Ready"} 2',
      'terrarium_environments{phase="Failed"} 0',
      "terrarium_work_queue_length 3",
      'terrarium_operations_running{kind="apply"} 2',
      "terrarium_leader 1",
      "terrarium_event_streams 4",
      'terrarium_operation_seconds_sum{kind="apply",outcome="ok"} 12',
      'terrarium_operation_step_seconds_sum{kind="apply",step="data stores"} 3.5',
      'terrarium_operation_failures_total{kind="apply",reason="Timeout"} 1',
      'terrarium_pull_request_polls_total{repository="team/shop",outcome="ok"} 0',
      'terrarium_pull_request_polls_total{repository="team/shop",outcome="failed"} 1',
      'terrarium_webhooks_total{result="taken"} 0',
      'terrarium_webhooks_total{result="refused"} 1',
    ])
      assert.ok(text.split("\n").includes(line), line);
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
  });

  it("serves nothing else", async () => {
    assert.equal((await get("/")).status, 404);
    assert.equal((await get("/metrics", "POST")).status, 405);
  });
});
