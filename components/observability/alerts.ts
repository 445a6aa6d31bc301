import type { ResolvedObservability } from "../../spec/index.ts";
import { alertmanagerAlerts, lokiAlerts, prometheusAlerts } from "./monitoring-alerts.ts";
import { kubernetesAlerts } from "./kubernetes-alerts.ts";
import { nodeAlerts } from "./node-alerts.ts";
import { platformAlerts } from "./platform-alerts.ts";
import type { AlertRule, RuleGroup } from "./rules.ts";
import { serviceAlerts } from "./service-alerts.ts";
import { postgresAlerts, redisAlerts } from "./store-alerts.ts";

/** The alert rules of an environment; each is about what the environment has. */
export function alertRules(observability: ResolvedObservability): RuleGroup<AlertRule>[] {
  const { loki, collector, alertmanager, previews, exporters } = observability;
  const groups: RuleGroup<AlertRule>[] = [
    { name: "services", rules: serviceAlerts() },
    { name: "prometheus", rules: prometheusAlerts() },
    ...(loki.enabled ? [{ name: "loki", rules: lokiAlerts(collector.enabled) }] : []),
    ...(alertmanager.enabled ? [{ name: "alertmanager", rules: alertmanagerAlerts() }] : []),
    ...(previews ? [{ name: "platform", rules: platformAlerts() }] : []),
    ...(exporters.kubeState.enabled ? [{ name: "kubernetes", rules: kubernetesAlerts() }] : []),
    ...(exporters.node.enabled ? [{ name: "nodes", rules: nodeAlerts() }] : []),
    ...(exporters.postgres.enabled ? [{ name: "postgres", rules: postgresAlerts() }] : []),
    ...(exporters.redis.enabled ? [{ name: "redis", rules: redisAlerts() }] : []),
  ];
  return groups.map(({ name, rules }) => ({ name, rules: rules.map(withRunbook) }));
}

/** Page that says what to do about an alert: "ServiceDown" → "docs/runbooks/service-down.md". */
export function runbookOf(alert: string): string {
  return `docs/runbooks/${alert.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase()}.md`;
}

function withRunbook(rule: AlertRule): AlertRule {
  return { ...rule, annotations: { ...rule.annotations, runbook: runbookOf(rule.alert) } };
}
