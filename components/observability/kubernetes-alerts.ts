import { EXPORTED, SERVICE_LABELS, type AlertRule } from "./rules.ts";
import { ALERT_THRESHOLDS, minutes } from "./settings.ts";

const T = ALERT_THRESHOLDS;
const POD = "{{ $labels.namespace }}/{{ $labels.pod }}";
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;

/** Reasons for which a container waits whose image can't be had. */
const NO_IMAGE = 'reason=~"ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName"';

/** Alerts about pods and backups, from what Kubernetes itself says; kube-state-metrics passes that on. */
export function kubernetesAlerts(): AlertRule[] {
  return [
    {
      alert: "OutOfMemoryKilled",
      expr: ofService(
        `kube_pod_container_status_last_terminated_timestamp > time() - ${T.killMinutes * SECONDS_PER_MINUTE} and on (environment, namespace, pod, container) kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1`,
      ),
      for: "0m",
      labels: { severity: "warning" },
      annotations: {
        summary: `${POD} was killed for its memory`,
        description: `Container {{ $labels.container }} of ${POD} (service {{ $labels.service }}) was killed for lack of memory within the last ${T.killMinutes} minutes, and has started anew: it reached its limit, or its node had none left. Raise the limit or look for a leak.`,
      },
    },
    {
      alert: "ImagePullFails",
      expr: ofService(
        `kube_pod_container_status_waiting_reason{${NO_IMAGE}} == 1 or kube_pod_init_container_status_waiting_reason{${NO_IMAGE}} == 1`,
      ),
      for: minutes(T.imagePullMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `The image of ${POD} can't be pulled`,
        description: `Container {{ $labels.container }} of ${POD} (service {{ $labels.service }}) has waited ${T.imagePullMinutes} minutes for its image. The pod's events name the image and the registry's answer.`,
      },
    },
    {
      alert: "PodNotReady",
      expr: ofService(
        'kube_pod_status_ready{condition="true"} == 0 unless on (environment, namespace, pod) kube_pod_status_phase{phase=~"Succeeded|Failed"} == 1',
      ),
      for: minutes(T.notReadyMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `${POD} is not ready`,
        description: `${POD} (service {{ $labels.service }}) has not been ready for ${T.notReadyMinutes} minutes: it waits for a node or a volume, does not start, or its readiness probe fails. Its events say which.`,
      },
    },
    {
      alert: "BackupOverdue",
      expr: backupOverdue(),
      for: minutes(T.backupMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $labels.namespace }}/{{ $labels.service }} has no backup of the last time that one was due",
        description: `A backup by {{ $labels.namespace }}/{{ $labels.cronjob }} was due {{ $value | humanizeTimestamp }}, and ${T.backupLateHours} hours later none has succeeded. The log of its newest job says why.`,
      },
    },
  ];
}

/** What an expression says of pods and containers, with the name of each pod's service. */
function ofService(expr: string): string {
  return `max by (${SERVICE_LABELS}, pod, container) ((${expr}) * on (environment, namespace, pod) group_left (service) ${EXPORTED.pod})`;
}

/** When the backup was due that is missing: it has not begun, or nothing has succeeded since it began. */
function backupOverdue(): string {
  const before = `< time() - ${T.backupLateHours * SECONDS_PER_HOUR}`;
  const notBegun = `kube_cronjob_next_schedule_time ${before}`;
  const [begun, succeeded] = ["kube_cronjob_status_last_schedule_time", "kube_cronjob_status_last_successful_time"];
  const notEnded = `(${begun} unless ${succeeded} >= ${begun}) ${before}`;
  return `label_replace(${notBegun} or ${notEnded}, "service", "$1", "cronjob", "(.+)-backup")`;
}
