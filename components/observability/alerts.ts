import type { ResolvedObservability } from "../../spec/index.ts";
import { SERVICE_LABELS, SIGNALS, type RuleGroup } from "./rules.ts";
import { ALERT_THRESHOLDS } from "./settings.ts";

/** A rule that fires while its expression has a value. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold, e.g. "5m". */
  readonly for: string;
  readonly labels: {
    /** critical: users notice now; warning: look at it today. */
    readonly severity: "critical" | "warning";
  };
  readonly annotations: {
    /** One line for a pager. */
    readonly summary: string;
    /** What it means, with the value, and where to look first. */
    readonly description: string;
  };
}

const T = ALERT_THRESHOLDS;
const SERVICE = "{{ $labels.namespace }}/{{ $labels.service }}";

/**
 * The alert rules of an environment. Restarts, out-of-memory kills and failed image pulls are not among them: only
 * kube-state-metrics exposes those.
 */
export function alertRules(observability: ResolvedObservability): RuleGroup<AlertRule>[] {
  return [
    { name: "services", rules: serviceAlerts() },
    { name: "prometheus", rules: prometheusAlerts() },
    ...(observability.loki.enabled ? [{ name: "loki", rules: lokiAlerts(observability.collector.enabled) }] : []),
  ];
}

function serviceAlerts(): AlertRule[] {
  return [
    {
      alert: "TargetDown",
      expr: "up == 0",
      for: minutes(T.targetDownMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "Pod {{ $labels.pod }} does not answer Prometheus",
        description: `Metrics of {{ $labels.namespace }}/{{ $labels.pod }} (service {{ $labels.service }}) could not be read for ${T.targetDownMinutes} minutes. Look at the pod's state and its last log lines.`,
      },
    },
    {
      alert: "ServiceDown",
      expr: `max by (${SERVICE_LABELS}) (up) == 0`,
      for: minutes(T.serviceDownMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: `No pod of ${SERVICE} answers`,
        description: `Every pod of ${SERVICE} has failed to answer for ${T.serviceDownMinutes} minutes. Compare its log with its latest rollout.`,
      },
    },
    {
      alert: "ServiceMissing",
      expr: `${SIGNALS.memoryLimit} unless on (${SERVICE_LABELS}) up`,
      for: minutes(T.targetDownMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: `${SERVICE} has no running pod`,
        description: `${SERVICE} is part of the environment, but for ${T.targetDownMinutes} minutes Prometheus has found no running pod of it. Look for pods that are pending or can't pull their image.`,
      },
    },
    {
      alert: "HighErrorRatio",
      expr: `${SIGNALS.errorRatio} > ${T.errorRatio} and ${SIGNALS.traffic} > ${T.errorTraffic}`,
      for: minutes(T.errorMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: `${SERVICE} fails {{ $value | humanizePercentage }} of its requests`,
        description: `More than ${T.errorRatio * 100} % of the requests to ${SERVICE} have ended with a 5xx status for ${T.errorMinutes} minutes. The service dashboard shows which routes.`,
      },
    },
    {
      alert: "HighLatency",
      expr: `${SIGNALS.latencyP99} > ${T.latencySeconds}`,
      for: minutes(T.latencyMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `${SERVICE} is slow: 99th percentile {{ $value | humanizeDuration }}`,
        description: `One request in a hundred to ${SERVICE} has taken over ${T.latencySeconds} s for ${T.latencyMinutes} minutes. Look at its saturation, then at what it calls.`,
      },
    },
    {
      alert: "CpuSaturated",
      expr: `${SIGNALS.cpuSaturation} > ${T.saturationRatio}`,
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `A pod of ${SERVICE} uses {{ $value | humanizePercentage }} of its CPU limit`,
        description: `The busiest pod of ${SERVICE} has been close to its CPU limit for ${T.saturationMinutes} minutes and is being throttled. Add replicas or raise the limit.`,
      },
    },
    {
      alert: "MemoryNearLimit",
      expr: `${SIGNALS.memorySaturation} > ${T.saturationRatio}`,
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `A pod of ${SERVICE} uses {{ $value | humanizePercentage }} of its memory limit`,
        description: `The largest pod of ${SERVICE} has been close to its memory limit for ${T.saturationMinutes} minutes; above the limit it is killed. Look for a leak or raise the limit.`,
      },
    },
  ];
}

function prometheusAlerts(): AlertRule[] {
  return [
    {
      alert: "PrometheusRuleEvaluationFailures",
      expr: "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "Prometheus fails to evaluate rules of {{ $labels.rule_group }}",
        description: `Rules of {{ $labels.rule_group }} have failed for ${T.pipelineMinutes} minutes, so alerts that rest on them may not fire. The log of {{ $labels.pod }} names the rule and the error.`,
      },
    },
    {
      alert: "PrometheusConfigReloadFailed",
      expr: "prometheus_config_last_reload_successful == 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "Prometheus runs with an old configuration",
        description:
          "{{ $labels.pod }} has refused its new configuration files and goes on with the previous ones. Its log names the file and the error.",
      },
    },
  ];
}

function lokiAlerts(collector: boolean): AlertRule[] {
  const rules: AlertRule[] = [
    {
      alert: "LokiIngestionErrors",
      expr: 'sum by (environment, namespace, route) (rate(loki_request_duration_seconds_count{status_code=~"5..", route=~".*(otlp|push).*"}[5m])) > 0',
      for: minutes(T.pipelineMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: "Loki fails to store logs",
        description: `Loki has answered writes ({{ $labels.route }}) with errors for ${T.pipelineMinutes} minutes; log lines may be lost. Look at its log and at the free space of its volume.`,
      },
    },
    {
      alert: "LokiLinesDiscarded",
      expr: "sum by (environment, namespace, reason) (increase(loki_discarded_samples_total[15m])) > 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "Loki discards log lines: {{ $labels.reason }}",
        description:
          "Loki has discarded {{ $value | humanize }} lines within 15 minutes because of {{ $labels.reason }}. Lines above a rate limit are sent again by the collector; others are lost.",
      },
    },
  ];
  if (!collector) return rules;
  return [
    ...rules,
    {
      alert: "LogIngestionStopped",
      expr: "sum by (environment, namespace) (rate(loki_distributor_lines_received_total[15m])) == 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "No log line has reached Loki",
        description:
          "The environment's own servers log all the time, yet nothing has arrived for 15 minutes. Look at the log collector's pods and their network policy.",
      },
    },
  ];
}

function minutes(count: number): string {
  return `${count}m`;
}
