import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What became of a request. */
export type RequestResult = "passed-on" | "not-up" | "unreachable" | "unknown" | "left";

/** Bounds of the histogram's buckets, in seconds. */
const BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120];

/** The activator's metrics for Prometheus. */
export class ActivatorMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #held: Histogram;

  /** @param waiting how many requests wait now. */
  constructor(waiting: () => number) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 100 });
    new Gauge({
      name: "terrarium_activator_waiting",
      help: "Requests that wait for their environment to wake.",
      registers,
      collect() {
        this.set(waiting());
      },
    });
    this.#requests = new Counter({
      name: "terrarium_activator_requests_total",
      help: "Requests for environments, by what became of them.",
      labelNames: ["result"],
      registers,
    });
    this.#held = new Histogram({
      name: "terrarium_activator_held_seconds",
      help: "How long requests waited that were passed on in the end.",
      buckets: BUCKETS,
      registers,
    });
  }

  /** Counts a request. */
  count(result: RequestResult): void {
    this.#requests.inc({ result });
  }

  /** Counts how long a request waited. */
  held(seconds: number): void {
    this.#held.observe(seconds);
  }

  /** The metrics as text. */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
