import type { AlertRule } from "./rules.ts";
import { ALERT_THRESHOLDS, minutes } from "./settings.ts";

const T = ALERT_THRESHOLDS;

/** Alerts about preview environments, from the platform service's metrics. */
export function platformAlerts(): AlertRule[] {
  return [
    {
      alert: "PlatformWithoutLeader",
      expr: "max(terrarium_leader) == 0",
      for: minutes(T.leaderMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: "No replica of the platform service leads",
        description: `For ${T.leaderMinutes} minutes nobody has acted on preview environments. Look at the service's log and at its Lease.`,
      },
    },
    {
      alert: "EnvironmentsFailed",
      expr: 'max(terrarium_environments{phase="Failed"}) > 0',
      for: minutes(T.stuckMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $value | humanize }} preview environments have failed",
        description: `They have not come up for ${T.stuckMinutes} minutes. \`kubectl get environments\` names them and the reason.`,
      },
    },
    {
      alert: "EnvironmentsStuck",
      expr: 'max(terrarium_environments{phase="Provisioning"}) > 0 and sum(increase(terrarium_operation_seconds_count[1h])) == 0',
      for: minutes(T.stuckMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $value | humanize }} preview environments don't come up",
        description: `Environments are being provisioned, yet no operation has ended within an hour. The step without an end stands in \`bin/terrarium env describe\`.`,
      },
    },
    {
      alert: "EnvironmentsQueued",
      expr: 'max(terrarium_environments{phase="Queued"}) > 0',
      for: minutes(T.queueMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $value | humanize }} preview environments wait for a place",
        description: `For ${T.queueMinutes} minutes the caps have left environments waiting. Delete what nobody needs, or raise a cap.`,
      },
    },
    {
      alert: "WorkQueueNotDrained",
      expr: "max(terrarium_work_queue_length) > 0 and min_over_time(max(terrarium_work_queue_length)[10m:1m]) > 0",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "The platform service is behind its work",
        description: `{{ $value | humanize }} environments have waited to be looked at for more than ${T.pipelineMinutes} minutes. Look at the service's CPU and at the API server's answers.`,
      },
    },
    {
      alert: "EnvironmentDeletionBlocked",
      expr: 'max(terrarium_environments{phase="DeleteBlocked"}) > 0',
      for: minutes(T.deletionMinutes),
      labels: { severity: "critical" },
      annotations: {
        summary: "{{ $value | humanize }} preview environments can't be deleted",
        description: `Their destroy has failed for ${T.deletionMinutes} minutes and they still take room. The condition DeleteBlocked says what holds them.`,
      },
    },
    {
      alert: "OrphansFound",
      expr: "max by (kind) (terrarium_garbage) > 0",
      for: minutes(T.orphanMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "{{ $value | humanize }} orphans of kind {{ $labels.kind }}",
        description: `Stacks or namespaces that no environment wants have been there for ${T.orphanMinutes} minutes, longer than the service takes to remove them. Its log says why.`,
      },
    },
    {
      alert: "ReconcileFailures",
      expr: "sum(increase(terrarium_reconcile_failures_total[15m])) > 3",
      for: minutes(T.pipelineMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "Looks at preview environments keep failing",
        description:
          "{{ $value | humanize }} looks at environments have failed within 15 minutes, most often because the API server does not answer or refuses.",
      },
    },
    {
      alert: "PullRequestsUnread",
      expr: `sum by (repository) (increase(terrarium_pull_request_polls_total{outcome="failed"}[1h])) > 0 unless sum by (repository) (increase(terrarium_pull_request_polls_total{outcome="ok"}[1h])) > 0`,
      for: minutes(T.unreadMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: "The pull requests of {{ $labels.repository }} are not being read",
        description:
          "Within an hour each try to list them has failed, {{ $value | humanize }} in all. Nothing is made, and what was closed stays.",
      },
    },
  ];
}
