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

  /** The metrics as text. */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
