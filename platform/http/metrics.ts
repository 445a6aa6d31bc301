import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { PHASES, type Phase } from "../../spec/index.ts";
import type { OperationKind, OperationRequest, Outcome } from "../domain/operation.ts";

/** What is looked up when somebody asks for the metrics. */
export interface MetricSources {
  /** Phase of each environment; those without one are not counted. */
  readonly phases: () => readonly (Phase | undefined)[];
  readonly queueLength: () => number;
  readonly running: (kind: OperationKind) => number;
  readonly leading: () => boolean;
  /** Answers of the HTTP server that go on. */
  readonly eventStreams: () => number;
}

const WEBHOOK_RESULTS = ["taken", "known", "ignored", "refused", "failed"] as const;
/**
 * What can come of a webhook: its pull request is looked at; it came before; it is about nothing that counts; it was wrong, such as not
 * signed; the service could not read it, such as without a secret.
 */
export type WebhookResult = (typeof WEBHOOK_RESULTS)[number];

const OPERATION_KINDS: readonly OperationKind[] = ["apply", "destroy", "detect-drift"];
/** Bounds of the histograms' buckets, in seconds. */
const OPERATION_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
const STEP_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Milliseconds between two looks at the event loop: ten times rarer than the library's own, which can be told at rest. */
const EVENT_LOOP_PRECISION_MS = 100;

/** The platform service's metrics for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #operationSeconds: Histogram;
  readonly #stepSeconds: Histogram;
  readonly #failures: Counter;
  readonly #reconcileFailures: Counter;
  readonly #garbage: Gauge;
  readonly #polls: Counter;
  readonly #webhooks: Counter;

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
    new Gauge({
      name: "terrarium_environments",
      help: "Preview environments by phase.",
      labelNames: ["phase"],
      registers,
      collect() {
        const phases = sources.phases();
        for (const phase of PHASES) this.set({ phase }, phases.filter((each) => each === phase).length);
      },
    });
    new Gauge({
      name: "terrarium_work_queue_length",
      help: "Environments that wait to be looked at.",
      registers,
      collect() {
        this.set(sources.queueLength());
      },
    });
    new Gauge({
      name: "terrarium_operations_running",
      help: "Operations that run now, by kind.",
      labelNames: ["kind"],
      registers,
      collect() {
        for (const kind of OPERATION_KINDS) this.set({ kind }, sources.running(kind));
      },
    });
    new Gauge({
      name: "terrarium_leader",
      help: "1 where this replica leads, else 0.",
      registers,
      collect() {
        this.set(sources.leading() ? 1 : 0);
      },
    });
    new Gauge({
      name: "terrarium_event_streams",
      help: "Streams of events that somebody reads.",
      registers,
      collect() {
        this.set(sources.eventStreams());
      },
    });
    this.#operationSeconds = new Histogram({
      name: "terrarium_operation_seconds",
      help: "Duration of operations by kind, and whether they ended well.",
      labelNames: ["kind", "outcome"],
      buckets: OPERATION_BUCKETS,
      registers,
    });
    this.#stepSeconds = new Histogram({
      name: "terrarium_operation_step_seconds",
      help: "Duration of the steps of operations, by kind and step.",
      labelNames: ["kind", "step"],
      buckets: STEP_BUCKETS,
      registers,
    });
    this.#failures = new Counter({
      name: "terrarium_operation_failures_total",
      help: "Operations that failed, by kind and reason.",
      labelNames: ["kind", "reason"],
      registers,
    });
    this.#reconcileFailures = new Counter({
      name: "terrarium_reconcile_failures_total",
      help: "Looks at an environment that failed, most of them because the API server did not answer.",
      registers,
    });
    this.#garbage = new Gauge({
      name: "terrarium_garbage",
      help: "Stacks and namespaces that no environment wants, as of the last look.",
      labelNames: ["kind"],
      registers,
    });
    this.#polls = new Counter({
      name: "terrarium_pull_request_polls_total",
      help: "Looks at all open pull requests of a repository, and whether its server listed them.",
      labelNames: ["repository", "outcome"],
      registers,
    });
    this.#webhooks = new Counter({
      name: "terrarium_webhooks_total",
      help: "Webhooks by what came of them.",
      labelNames: ["result"],
      registers,
    });
    for (const result of WEBHOOK_RESULTS) this.#webhooks.inc({ result }, 0);
  }

  /** Counts an operation that ended. */
  operationEnded({ kind }: OperationRequest, outcome: Outcome, seconds: number): void {
    this.#operationSeconds.observe({ kind, outcome: outcome.ok ? "ok" : "failed" }, seconds);
    for (const { name, seconds: taken } of outcome.steps ?? [])
      if (taken !== undefined) this.#stepSeconds.observe({ kind, step: name }, taken);
    if (!outcome.ok) this.#failures.inc({ kind, reason: outcome.reason });
  }

  reconcileFailed(): void {
    this.#reconcileFailures.inc();
  }

  /** Sets how much nobody wants. */
  garbageFound(kind: "stack" | "namespace", count: number): void {
    this.#garbage.set({ kind }, count);
  }

  /** Counts a look at all open pull requests. @param repository its path on its server, such as "team/shop" */
  pullRequestsPolled(repository: string, isOk: boolean): void {
    // Both series are there from the first look on, so that Prometheus sees the first failure as a rise.
    this.#polls.inc({ repository, outcome: "ok" }, isOk ? 1 : 0);
    this.#polls.inc({ repository, outcome: "failed" }, isOk ? 0 : 1);
  }

  webhookAnswered(result: WebhookResult): void {
    this.#webhooks.inc({ result });
  }

  /** The metrics as text. */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
