import { ERROR_RATIOS, SERVICE_LABELS, SIGNALS, type AlertRule } from "./rules.ts";
import { ALERT_THRESHOLDS, AVAILABILITY_OBJECTIVE, ERROR_BUDGET_BURNS, minutes } from "./settings.ts";

const T = ALERT_THRESHOLDS;
const SERVICE = "{{ $labels.namespace }}/{{ $labels.service }}";

/** Alerts about each service that Prometheus reads, from its own metrics alone. */
export function serviceAlerts(): AlertRule[] {
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
    ...ERROR_BUDGET_BURNS.map(errorBudgetAlert),
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
    {
      alert: "FilesNearLimit",
      expr: `${SIGNALS.fileSaturation} > ${T.saturationRatio}`,
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `A pod of ${SERVICE} has {{ $value | humanizePercentage }} of the files open that it may`,
        description: `A pod of ${SERVICE} has been close to its limit of open files and connections for ${T.saturationMinutes} minutes; above it connections fail. Look for connections that are never closed.`,
      },
    },
    {
      alert: "ServiceRestarting",
      expr: `sum by (${SERVICE_LABELS}, pod) (changes(process_start_time_seconds[${T.restartWindow}])) >= ${T.restarts}`,
      for: "0m",
      labels: { severity: "warning" },
      annotations: {
        summary: "Pod {{ $labels.pod }} keeps restarting",
        description: `{{ $labels.namespace }}/{{ $labels.pod }} has started anew {{ $value | humanize }} times within ${T.restartWindow}. The log before each start, and the reason of the last end in \`kubectl describe pod\`, say why.`,
      },
    },
  ];
}

/**
 * Two windows each: the long one says that it matters, the short one that it goes on, so that the alert ends soon after
 * the failures do.
 *
 * @see https://sre.google/workbook/alerting-on-slos/
 */
function errorBudgetAlert({ alert, long, short, factor, severity }: (typeof ERROR_BUDGET_BURNS)[number]): AlertRule {
  const limit = rounded(factor * (1 - AVAILABILITY_OBJECTIVE));
  const busy = `${SIGNALS.traffic} > ${T.errorTraffic}`;
  return {
    alert,
    expr: `${ERROR_RATIOS[long]} > ${limit} and ${ERROR_RATIOS[short]} > ${limit} and ${busy}`,
    for: minutes(T.errorMinutes),
    labels: { severity },
    annotations: {
      summary: `${SERVICE} fails {{ $value | humanizePercentage }} of its requests`,
      description: `More than ${rounded(limit * 100)} % of the requests to ${SERVICE} have ended with a 5xx status within ${long} and within ${short}: ${factor} times what an availability of ${rounded(AVAILABILITY_OBJECTIVE * 100)} % allows. The service dashboard shows which routes.`,
    },
  };
}

/** Without the digits that binary fractions add. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
