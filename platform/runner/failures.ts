import type { FailureReason, Outcome } from "../domain/operation.ts";
import type { Findings } from "./engine-events.ts";

/** An outcome that is a failure. */
export type Failure = Extract<Outcome, { ok: false }>;

/** Longest message, in characters: it goes into a condition. */
const MAX_LENGTH = 2_000;

interface Rule {
  readonly pattern: RegExp;
  readonly reason: FailureReason;
  readonly retry: Failure["retry"];
  /** What to do, or what it means. */
  readonly advice: string;
}

/** What the engine, its plugins and the API server say, and what it means. The first that fits counts. */
const RULES: readonly Rule[] = [
  {
    pattern: /the stack is currently locked by/,
    reason: "StateLocked",
    retry: "waiting",
    advice: "Another update of the stack has just begun.",
  },
  {
    pattern:
      /was killed with SIGKILL|signal: killed|plugin .* exited unexpectedly|exited prematurely|connection error: desc = "transport|transport is closing|error reading from server: EOF/,
    reason: "RunnerLost",
    retry: "transient",
    advice: "The engine or a plugin of it was killed; the machine may be short of memory.",
  },
  {
    pattern:
      /cluster is unreachable|connection refused|connection reset by peer|no such host|i\/o timeout|TLS handshake timeout|network is unreachable|apiserver not ready|currently unable to handle the request|etcdserver: |unable to load schema information from the API server|http2: client connection lost|gave no answer within/,
    reason: "ClusterUnavailable",
    retry: "transient",
    advice: "The cluster's API server, or the state's server, does not answer.",
  },
  {
    pattern: /incorrect passphrase|passphrase must be set|constructing secrets manager/,
    reason: "UpdateFailed",
    retry: "transient",
    advice: "The key to the state's secrets is wrong or missing: correct runner.state in the platform's configuration.",
  },
  {
    pattern: /policy pack ".*" failed to start/,
    reason: "UpdateFailed",
    retry: "transient",
    advice: "A policy pack can't be loaded: correct runner.policyPacks in the platform's configuration.",
  },
  {
    pattern: /is invalid: |field is immutable|strict decoding error/,
    reason: "UpdateFailed",
    retry: "terminal",
    advice: "The API server refuses an object: correct the environment or the repository's base.",
  },
];

/** What to say where no rule fits. */
const OTHERWISE: Omit<Rule, "pattern"> = { reason: "UpdateFailed", retry: "transient", advice: "" };

/**
 * Why a run of the engine failed.
 *
 * @param text what Pulumi said as a whole; looked at, never shown as it is where the engine named errors.
 */
export function failureOf(text: string, { errors, violations }: Findings): Failure {
  if (violations.length > 0) {
    return failed("PolicyViolation", "terminal", `Policies forbid it: ${violations.join("; ")}`);
  }
  const shown = errors.length > 0 ? errors.join("; ") : lastError(text);
  const rule = RULES.find(({ pattern }) => pattern.test(shown) || pattern.test(text)) ?? OTHERWISE;
  return failed(rule.reason, rule.retry, [rule.advice, shown].filter((part) => part !== "").join(" "));
}

/** Makes an outcome of a failure. */
export function failed(reason: FailureReason, retry: Failure["retry"], message: string): Failure {
  return { ok: false, reason, retry, message: message.slice(0, MAX_LENGTH) };
}

/** Whether an update stopped because values turned out otherwise than planned. */
export function brokePlan({ errors }: Findings): boolean {
  return errors.some((error) => /violates plan|not allowed by the plan/.test(error));
}

/** The error in what Pulumi's command line printed: its lines from the first that begins with "error:". */
function lastError(text: string): string {
  const stderr = /\n stderr: ([^]*?)(?:\n err\?:|$)/.exec(text)?.[1] ?? text;
  const error = /error: ([^]*)/.exec(stderr)?.[1] ?? stderr;
  return error.replaceAll(/\s+/g, " ").trim().slice(0, MAX_LENGTH);
}
