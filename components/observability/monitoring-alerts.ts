import type { AlertRule } from "./rules.ts";
import { ALERT_THRESHOLDS, minutes } from "./settings.ts";

const T = ALERT_THRESHOLDS;

/** Alerts about Prometheus itself. */
export function prometheusAlerts(): AlertRule[] {
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
    {
      alert: "PrometheusStorageFailing",
      expr: "increase(prometheus_tsdb_wal_corruptions_total[15m]) > 0 or increase(prometheus_tsdb_compactions_failed_total[15m]) > 0",
      for: "0m",
      labels: { severity: "critical" },
      annotations: {
        summary: "Prometheus fails to write its data",
        description:
          "{{ $labels.pod }} could not write its log or compact its blocks within the last 15 minutes. Most often its volume is full or broken.",
      },
    },
    {
      alert: "MetricsIngestionStopped",
      expr: "sum by (environment, namespace) (rate(prometheus_tsdb_head_samples_appended_total[10m])) == 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: "Prometheus stores no samples",
        description: `Prometheus runs, but nothing has been stored for ${T.pipelineMinutes} minutes, so other alerts can't fire. Look at its log and its targets.`,
      },
    },
    {
      alert: "MetricsTargetTooLarge",
      expr: "increase(prometheus_target_scrapes_exceeded_sample_limit_total[15m]) > 0",
      for: "0m",
      labels: { severity: "warning" },
      annotations: {
        summary: "A pod exposes more series than Prometheus takes",
        description:
          "A scrape was refused because it has too many series, so that pod counts as down. A label without bound, such as an id or a path, is the usual cause; the page of targets names the pod.",
      },
    },
  ];
}

/**
 * Alerts about the way of log lines into Loki.
 *
 * @param collector whether something sends lines at all times.
 */
export function lokiAlerts(collector: boolean): AlertRule[] {
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

/** Alerts about the way of alerts to people; they show on the dashboards when Alertmanager can't send them. */
export function alertmanagerAlerts(): AlertRule[] {
  return [
    {
      alert: "AlertmanagerUnreachable",
      expr: "prometheus_notifications_alertmanagers_discovered < 1 or increase(prometheus_notifications_dropped_total[5m]) > 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: "Prometheus can't hand over its alerts",
        description: `Alerts have not reached Alertmanager for ${T.pipelineMinutes} minutes: nobody is told. Look at its pod and its network policy.`,
      },
    },
    {
      alert: "AlertNotificationsFail",
      expr: "sum by (environment, namespace, integration) (increase(alertmanager_notifications_failed_total[10m])) > 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: "Alertmanager can't send through {{ $labels.integration }}",
        description: `Notifications through {{ $labels.integration }} have failed for ${T.pipelineMinutes} minutes. Its log names the reason: an address that is wrong, or one that its network policy keeps it from.`,
      },
    },
    {
      alert: "AlertmanagerConfigReloadFailed",
      expr: "alertmanager_config_last_reload_successful == 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "Alertmanager runs with an old configuration",
        description: "{{ $labels.pod }} has refused its configuration. Its log names the error.",
      },
    },
  ];
}
