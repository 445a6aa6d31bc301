import {
  KUBE_STATE,
  NODE_METRICS,
  OBSERVABILITY_PORTS,
  OWN_PODS,
  PREVIEW_ENVIRONMENT,
  type ResolvedEnvironment,
  type ResolvedObservability,
} from "../../spec/index.ts";
import { alertRules } from "./alerts.ts";
import { toYaml } from "./config-file.ts";
import { declaredRules, exporterRules, goldenSignalRules } from "./rules.ts";
import { CONFIG_RELOAD_SECONDS, percentOfBytes, PROMETHEUS_VOLUME_PERCENT, SCRAPE } from "./settings.ts";

/** File that changes with the environment's services while everything else stays. */
export const DECLARED_RULES_FILE = "declared.rules.yml";

/** Prometheus's files by name. */
export function prometheusFiles(environment: ResolvedEnvironment, folder: string): Record<string, string> {
  return {
    "prometheus.yml": prometheusConfig(environment, folder),
    "signals.rules.yml": toYaml({ groups: [...goldenSignalRules(), ...exporterRules(environment.observability)] }),
    "alerts.rules.yml": toYaml({ groups: alertRules(environment.observability) }),
    [DECLARED_RULES_FILE]: toYaml({ groups: declaredRules(environment) }),
  };
}

/**
 * What Prometheus is started with.
 *
 * @param listen address and port.
 * @param config folder of its files.
 * @param data folder of what it keeps.
 */
export function prometheusArgs(
  { retentionDays, storage }: ResolvedObservability["prometheus"],
  listen: string,
  config: string,
  data: string,
): string[] {
  return [
    `--config.file=${config}/prometheus.yml`,
    `--storage.tsdb.path=${data}`,
    `--storage.tsdb.retention.time=${retentionDays}d`,
    `--storage.tsdb.retention.size=${percentOfBytes(storage.size, PROMETHEUS_VOLUME_PERCENT)}B`,
    `--web.listen-address=${listen}`,
    "--config.auto-reload",
    `--config.auto-reload-interval=${CONFIG_RELOAD_SECONDS}s`,
  ];
}

/**
 * Prometheus's main file: it discovers the pods of its own namespace and reads those that ask for it by annotation.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
 */
function prometheusConfig({ name, observability }: ResolvedEnvironment, folder: string): string {
  return toYaml({
    global: {
      scrape_interval: `${SCRAPE.intervalSeconds}s`,
      scrape_timeout: `${SCRAPE.timeoutSeconds}s`,
      evaluation_interval: `${SCRAPE.intervalSeconds}s`,
      external_labels: { environment: name },
    },
    ...(observability.alertmanager.enabled
      ? {
          alerting: {
            alertmanagers: [{ static_configs: [{ targets: [`alertmanager:${OBSERVABILITY_PORTS.alertmanager}`] }] }],
          },
        }
      : {}),
    rule_files: [`${folder}/*.rules.yml`],
    scrape_configs: [
      {
        job_name: "pods",
        sample_limit: SCRAPE.sampleLimit,
        kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [name] } }],
        relabel_configs: [
          { source_labels: [label("instance")], regex: name, action: "keep" },
          ...relabelling(),
          ...(observability.exporters.node.enabled ? [nodeLabel()] : []),
        ],
        ...(observability.exporters.kubeState.enabled ? { metric_relabel_configs: podsOfKubeState() } : {}),
      },
      ...(observability.previews ? [previewJob()] : []),
      ...(observability.felix ? [felixJob(name, observability.felix.port)] : []),
    ],
  });
}

/** What Felix's series are called as a service. */
const FELIX = "calico-felix";

/** Name of the platform service's pods. */
const PLATFORM_SERVICE = "terrarium-platform";

const META = "__meta_kubernetes_";
const annotation = (name: string) => `${META}pod_annotation_prometheus_io_${name}`;
const label = (name: string) => `${META}pod_label_app_kubernetes_io_${name}`;

/** Preview environments, which come and go, and the platform service, wherever they are. */
function previewJob(): object {
  return {
    job_name: "previews",
    sample_limit: SCRAPE.sampleLimit,
    kubernetes_sd_configs: [{ role: "pod", selectors: [{ role: "pod", label: toSelector(OWN_PODS) }] }],
    relabel_configs: [
      {
        source_labels: [`${META}namespace`, label("name")],
        regex: `${PREVIEW_ENVIRONMENT.namespacePrefix}.+;.*|.*;${PLATFORM_SERVICE}`,
        action: "keep",
      },
      ...relabelling(),
    ],
  };
}

/** Felix on each node; of what it exposes, only what is about policies. */
function felixJob(environment: string, port: number): object {
  return {
    job_name: "felix",
    sample_limit: SCRAPE.sampleLimit,
    kubernetes_sd_configs: [{ role: "node" }],
    relabel_configs: [
      { source_labels: [`${META}node_address_InternalIP`], replacement: `$1:${port}`, target_label: "__address__" },
      { source_labels: [`${META}node_name`], target_label: "instance" },
      ...Object.entries({ environment, namespace: environment, service: FELIX, component: "network" }).map(
        ([target_label, replacement]) => ({ target_label, replacement }),
      ),
    ],
    metric_relabel_configs: [{ source_labels: ["__name__"], regex: "felix_.+", action: "keep" }],
  };
}

function relabelling(): object[] {
  return [
    { source_labels: [annotation("scrape")], regex: "true", action: "keep" },
    // Pods that are starting are no failure yet, and finished ones never answer.
    { source_labels: [`${META}pod_phase`], regex: "Pending|Succeeded|Failed", action: "drop" },
    // One target for each pod: discovery gives one for each container port, and equal addresses fall together.
    {
      source_labels: [annotation("port"), `${META}pod_ip`],
      regex: "(\\d+);([0-9.]+)",
      replacement: "$2:$1",
      target_label: "__address__",
    },
    {
      source_labels: [annotation("port"), `${META}pod_ip`],
      regex: "(\\d+);(.*:.*)",
      replacement: "[$2]:$1",
      target_label: "__address__",
    },
    { source_labels: [annotation("path")], regex: "(.+)", target_label: "__metrics_path__" },
    { source_labels: [`${META}namespace`], target_label: "namespace" },
    { source_labels: [`${META}pod_name`], target_label: "pod" },
    { source_labels: [label("name")], target_label: "service" },
    { source_labels: [label("component")], target_label: "component" },
    { source_labels: [label("version")], target_label: "version" },
    { source_labels: [label("instance")], target_label: "environment" },
    // A pod that keeps its name keeps its series when its address changes.
    { source_labels: ["pod", annotation("port")], separator: ":", target_label: "instance" },
  ];
}

/** Which node a series of node_exporter is about. */
function nodeLabel(): object {
  return {
    source_labels: [label("name"), `${META}pod_node_name`],
    regex: `${NODE_METRICS};(.+)`,
    target_label: "node",
  };
}

/** What kube-state-metrics says about a pod has that pod's name in the label `pod`, not its own. */
function podsOfKubeState(): object[] {
  const ofKubeState = { source_labels: ["service", "exported_pod"], regex: `${KUBE_STATE};(.+)` };
  return [
    { ...ofKubeState, target_label: "pod" },
    { ...ofKubeState, target_label: "exported_pod", replacement: "" },
  ];
}

function toSelector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
