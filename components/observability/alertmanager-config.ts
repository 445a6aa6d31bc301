import type { ResolvedObservability } from "../../spec/index.ts";
import { toYaml } from "./config-file.ts";
import { ALERT_ROUTING } from "./settings.ts";

type Receivers = ResolvedObservability["alertmanager"]["receivers"];
type Severity = keyof Receivers;

/** Alerts that tell nothing new while a graver one fires for the same service: the graver one, and what it silences. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  ServiceMissing: ["ServiceDown", "TargetDown"],
  ServiceDown: ["TargetDown", "ServiceRestarting", "HighLatency"],
  ErrorBudgetBurnsFast: ["ErrorBudgetBurns"],
};

/**
 * Alertmanager's configuration: alerts of one environment and service are told together, by severity, and those that
 * follow from a graver one are not told. Addresses and keys are read from files, so nothing in here is secret.
 *
 * @param secretFolder folder with a file for each severity that has a receiver.
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(receivers: Receivers, secretFolder: string): string {
  const severities = (["critical", "warning"] as const).filter((severity) => receivers[severity] !== undefined);
  return toYaml({
    route: {
      receiver: "nobody",
      group_by: ["environment", "namespace", "service"],
      group_wait: ALERT_ROUTING.groupWait,
      group_interval: ALERT_ROUTING.groupInterval,
      repeat_interval: ALERT_ROUTING.repeat.warning,
      routes: severities.map((severity) => ({
        receiver: severity,
        matchers: [`severity="${severity}"`],
        repeat_interval: ALERT_ROUTING.repeat[severity],
      })),
    },
    inhibit_rules: Object.entries(IMPLIED).map(([graver, implied]) => ({
      source_matchers: [`alertname="${graver}"`],
      target_matchers: [`alertname=~"${implied.join("|")}"`],
      equal: ["environment", "namespace", "service"],
    })),
    receivers: [
      { name: "nobody" },
      ...severities.map((severity) => ({
        name: severity,
        ...integration(severity, receivers[severity]?.kind ?? "webhook", `${secretFolder}/${severity}`),
      })),
    ],
  });
}

function integration(severity: Severity, kind: NonNullable<Receivers[Severity]>["kind"], file: string): object {
  const shared = { send_resolved: true };
  switch (kind) {
    case "webhook":
      return { webhook_configs: [{ ...shared, url_file: file }] };
    case "slack":
      return { slack_configs: [{ ...shared, api_url_file: file, title: TITLE, text: TEXT }] };
    case "pagerduty":
      return { pagerduty_configs: [{ ...shared, routing_key_file: file, severity, description: TITLE }] };
  }
}

const TITLE =
  "[{{ .CommonLabels.environment }}] {{ .Status }}: {{ range .Alerts }}{{ .Annotations.summary }}; {{ end }}";
const TEXT = "{{ range .Alerts }}{{ .Annotations.description }} ({{ .Annotations.runbook }})\n{{ end }}";
