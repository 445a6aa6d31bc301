import type * as pulumi from "@pulumi/pulumi";
import { exportersOf, LOG_COLLECTOR, type ExporterPart, type ResolvedEnvironment } from "../../spec/index.ts";
import { Component, type ComponentArgs, type Placement } from "../component.ts";
import { partPolicy, type ApiServerAddress } from "../network-policies.ts";
import { Alertmanager } from "./alertmanager.ts";
import { LogCollector } from "./collector.ts";
import { DataStoreExporter } from "./data-store-exporters.ts";
import { Grafana } from "./grafana.ts";
import { KubeStateMetrics } from "./kube-state-metrics.ts";
import { Loki } from "./loki.ts";
import { NodeMetrics } from "./node-metrics.ts";
import { Prometheus } from "./prometheus.ts";
import type { ServerName } from "./server.ts";

/** Arguments of {@link Observability}. */
export interface ObservabilityArgs extends ComponentArgs {
  readonly environment: ResolvedEnvironment;
  /** Where the Kubernetes API server is; Prometheus may talk to nothing else outside. @default anywhere on its usual ports */
  readonly apiServer?: readonly ApiServerAddress[];
  /** Namespace of the log collector, which admits privileged pods. @default none, and no log collector */
  readonly logs?: Placement;
  /** Values that receivers of alerts name, by key. @default {} */
  readonly secretValues?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Key of the checksums that roll pods when a secret changes. */
  readonly checksumKey: pulumi.Input<string>;
}

/**
 * The observability stack of one environment: Prometheus, Alertmanager, Loki, a log collector on every node, Grafana, and exporters;
 * each only where the environment has it. None waits for another.
 *
 * @example
 * const observability = new Observability("guestbook-dev-observability", { placement, environment, checksumKey });
 */
export class Observability extends Component {
  /** Addresses inside the cluster of the servers that are there, e.g. "http://grafana.guestbook-dev.svc:3000". */
  readonly urls: Readonly<Partial<Record<ServerName, string>>>;
  /** Password of Grafana's user "admin", a secret; undefined where there is no Grafana. */
  readonly adminPassword: pulumi.Output<string> | undefined;

  constructor(name: string, args: ObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Observability", name, args, opts);
    const { placement, environment, apiServer, checksumKey } = args;
    const { prometheus, alertmanager, loki, grafana, collector } = environment.observability;
    // Without the escape hatch: it reaches all descendants from here.
    const inner = { placement, environment, apiServer, checksumKey };
    const urls: Partial<Record<ServerName, string>> = {};
    if (prometheus.enabled) urls.prometheus = new Prometheus(`${name}-prometheus`, inner, { parent: this }).url;
    if (alertmanager.enabled) {
      const { secretValues } = args;
      urls.alertmanager = new Alertmanager(`${name}-alertmanager`, { ...inner, secretValues }, { parent: this }).url;
    }
    if (loki.enabled) urls.loki = new Loki(`${name}-loki`, inner, { parent: this }).url;
    if (grafana.enabled) {
      const server = new Grafana(`${name}-grafana`, inner, { parent: this });
      urls.grafana = server.url;
      this.adminPassword = server.adminPassword;
    }
    // Without Loki there is nowhere to send logs to, and asleep there is nothing to send.
    if (loki.enabled && collector.enabled && args.logs && !placement.asleep) {
      new LogCollector(
        `${name}-${LOG_COLLECTOR}`,
        { placement: args.logs, environment, logsOf: placement.namespace },
        { parent: this },
      );
    }
    for (const exporter of exportersOf(environment)) this.createExporter(`${name}-${exporter.name}`, exporter, args);
    this.urls = urls;
    this.registerOutputs({ urls: this.urls, adminPassword: this.adminPassword });
  }

  private createExporter(
    name: string,
    exporter: ExporterPart,
    { placement, environment, apiServer }: ObservabilityArgs,
  ): void {
    const args = { placement, exporter, policy: partPolicy(exporter.name, environment, apiServer) };
    const store = environment.dataStores[exporter.store ?? ""];
    if (exporter.kind === "kubeState") new KubeStateMetrics(name, args, { parent: this });
    else if (exporter.kind === "node") {
      // It has no replicas to take away: asleep there is nothing on which it could run.
      if (!placement.asleep) new NodeMetrics(name, args, { parent: this });
    } else if (exporter.store !== undefined && store) {
      new DataStoreExporter(name, { ...args, storeName: exporter.store, store }, { parent: this });
    }
  }
}
