import { PREVIEW_ENVIRONMENT, type ResolvedObservability } from "../../spec/index.ts";
import { toYaml } from "./config-file.ts";
import { ALERT_ROUTING } from "./settings.ts";

type Receivers = ResolvedObservability["alertmanager"]["receivers"];
type ReceiverName = keyof Receivers;

const RECEIVERS = ["critical", "warning", "previews"] as const satisfies ReceiverName[];
/** Who hears of what nobody is named for. */
const NOBODY = "nobody";

/** Alerts that tell nothing new while a graver one fires for the same service: the graver one, and what it silences. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  ServiceMissing: ["ServiceDown", "TargetDown"],
  ServiceDown: ["TargetDown", "ServiceRestarting", "HighLatency"],
  ErrorBudgetBurnsFast: ["ErrorBudgetBurns"],
};

/**
 * Alertmanager's configuration: alerts of one environment and service are told together, by severity, those about preview
 * environments apart, and those that follow from a graver one are not told. Addresses and keys are read from files, so nothing in
 * here is secret.
 *
 * @param secretFolder folder with a file for each receiver, of its name.
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(receivers: Receivers, secretFolder: string): string {
  const named = RECEIVERS.filter((name) => receivers[name] !== undefined);
  const ofPreviews = (["previews", "warning"] as const).find((name) => receivers[name] !== undefined) ?? NOBODY;
  const severities = named.filter((name) => name !== "previews");
  return toYaml({
    route: {
      receiver: NOBODY,
      group_by: ["environment", "namespace", "service"],
      group_wait: ALERT_ROUTING.groupWait,
      group_interval: ALERT_ROUTING.groupInterval,
      repeat_interval: ALERT_ROUTING.repeat.warning,
      routes: [
        { receiver: ofPreviews, matchers: [`namespace=~"${PREVIEW_ENVIRONMENT.namespacePrefix}.+"`] },
        ...severities.map((severity) => ({
          receiver: severity,
          matchers: [`severity="${severity}"`],
          repeat_interval: ALERT_ROUTING.repeat[severity],
        })),
      ],
    },
    inhibit_rules: Object.entries(IMPLIED).map(([graver, implied]) => ({
      source_matchers: [`alertname="${graver}"`],
      target_matchers: [`alertname=~"${implied.join("|")}"`],
      equal: ["environment", "namespace", "service"],
    })),
    receivers: [
      { name: NOBODY },
      ...named.map((name) => ({
        name,
        ...integration(name, receivers[name]?.kind ?? "webhook", `${secretFolder}/${name}`),
      })),
    ],
  });
}

function integration(name: ReceiverName, kind: NonNullable<Receivers[ReceiverName]>["kind"], file: string): object {
  const shared = { send_resolved: true };
  switch (kind) {
    case "webhook":
      return { webhook_configs: [{ ...shared, url_file: file }] };
    case "slack":
      return { slack_configs: [{ ...shared, api_url_file: file, title: TITLE, text: TEXT }] };
    case "pagerduty":
      return {
        pagerduty_configs: [
          {
            ...shared,
            routing_key_file: file,
            severity: name === "critical" ? "critical" : "warning",
            description: TITLE,
          },
        ],
      };
  }
}

const TITLE =
  "[{{ .CommonLabels.environment }}] {{ .Status }}: {{ range .Alerts }}{{ .Annotations.summary }}; {{ end }}";
const TEXT = "{{ range .Alerts }}{{ .Annotations.description }} ({{ .Annotations.runbook }})\n{{ end }}";
