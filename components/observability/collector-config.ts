import { OBSERVABILITY_PORTS } from "../../spec/index.ts";
import { toYaml } from "./config-file.ts";
import { COLLECTOR_HEALTH_PORT, LOG_LIMITS, LOG_SHIPPING } from "./settings.ts";

/** Folder of the kubelet's log files on every node. */
export const POD_LOGS = "/var/log/pods";

/** What differs between collectors. */
export interface CollectorConfigArgs {
  /** Namespaces whose pods' logs are read; no other file is opened. "*" at the end stands for any rest of a name. */
  readonly namespaces: readonly string[];
  /** Address of Loki, without a path. */
  readonly lokiUrl: string;
  /** Folder for what must outlive the pod: how far each file was read, and lines that Loki has not taken yet. */
  readonly stateFolder: string;
  /** Address that traces are sent on to, without "/v1/traces". @default none are taken */
  readonly tracesUrl?: string;
}

/**
 * Configuration of the OpenTelemetry Collector: container logs, from files to Loki's OTLP endpoint, and, where there is somewhere to
 * send them to, traces of services. Namespace, pod and container come from the files' paths, so the collector needs no access to the Kubernetes API.
 *
 * @see https://opentelemetry.io/docs/collector/configuration/
 */
export function collectorConfig(args: CollectorConfigArgs): string {
  const { tracesUrl } = args;
  return toYaml({
    extensions: {
      health_check: { endpoint: `:${COLLECTOR_HEALTH_PORT}` },
      file_storage: { directory: args.stateFolder, recreate: true },
    },
    receivers: {
      file_log: podLogs(args.namespaces),
      ...(tracesUrl === undefined
        ? {}
        : { otlp: { protocols: { http: { endpoint: `0.0.0.0:${OBSERVABILITY_PORTS.traces}` } } } }),
    },
    processors: {
      memory_limiter: {
        check_interval: "1s",
        limit_percentage: LOG_SHIPPING.memoryPercent,
        spike_limit_percentage: LOG_SHIPPING.memorySpikePercent,
      },
      // A collector that was killed reads again what it had sent since it last noted its place. Loki takes a line once that it
      // gets twice with the same time and fields: when it was read must not be one of them.
      transform: { log_statements: ["set(log.observed_time_unix_nano, 0) where log.time_unix_nano > 0"] },
    },
    exporters: {
      otlp_http: {
        endpoint: `${args.lokiUrl}/otlp`,
        // Without an end: Loki may be away for longer than any deadline, and the queue is bounded anyway.
        retry_on_failure: { enabled: true, max_elapsed_time: "0s" },
        // Batches form behind the queue on disk, not before it in memory, where a killed collector would lose them.
        sending_queue: {
          storage: "file_storage",
          sizer: "bytes",
          queue_size: LOG_SHIPPING.queueBytes,
          block_on_overflow: true,
          batch: {
            flush_timeout: `${LOG_SHIPPING.flushMilliseconds}ms`,
            min_size: LOG_SHIPPING.batchBytes,
            max_size: LOG_SHIPPING.batchBytes,
          },
        },
      },
      // Traces are samples: those that nobody takes are dropped in the end.
      ...(tracesUrl === undefined ? {} : { "otlp_http/traces": { endpoint: tracesUrl } }),
    },
    service: {
      extensions: ["health_check", "file_storage"],
      telemetry: {
        logs: { encoding: "json" },
        metrics: {
          readers: [
            { pull: { exporter: { prometheus: { host: "0.0.0.0", port: OBSERVABILITY_PORTS.collectorMetrics } } } },
          ],
        },
      },
      pipelines: {
        logs: { receivers: ["file_log"], processors: ["memory_limiter", "transform"], exporters: ["otlp_http"] },
        ...(tracesUrl === undefined
          ? {}
          : { traces: { receivers: ["otlp"], processors: ["memory_limiter"], exporters: ["otlp_http/traces"] } }),
      },
    },
  });
}

function podLogs(namespaces: readonly string[]): object {
  // Folders are <namespace>_<pod>_<uid>, and no namespace's name holds an underscore.
  const containers = namespaces.map((namespace) => `${POD_LOGS}/${namespace}_*/*`);
  return {
    // The kubelet renames a full file to 0.log.<time> and packs it later: its rest is still read after a restart.
    include: containers.flatMap((folder) => [`${folder}/*.log`, `${folder}/*.log.*`]),
    exclude: containers.flatMap((folder) => [`${folder}/*.gz`, `${folder}/*.tmp`]),
    include_file_path: true,
    include_file_name: false,
    start_at: "beginning",
    storage: "file_storage",
    retry_on_failure: { enabled: true, max_elapsed_time: "0s" },
    operators: [
      // A part that goes beyond this size still belongs to the line: what comes after it is the next one.
      { type: "container", id: "container", max_log_size: LOG_LIMITS.lineBytes - LOG_LIMITS.entryBytes },
      { type: "copy", id: "service-name", from: 'resource["k8s.container.name"]', to: 'resource["service.name"]' },
      { type: "remove", id: "pod-uid", field: 'resource["k8s.pod.uid"]' },
      // The line stays whole in the body; what is parsed serves to find severity and message and is then dropped, so
      // that a program's fields can't exceed Loki's limits on metadata.
      {
        type: "json_parser",
        id: "json",
        if: 'body matches "^\\\\s*[{]"',
        parse_to: "attributes.json",
        on_error: "send_quiet",
      },
      ...["level", "severity"].map((field) => ({
        type: "severity_parser",
        id: `severity-from-${field}`,
        if: `attributes.json?.${field} != nil`,
        parse_from: `attributes.json.${field}`,
        overwrite_text: true,
        on_error: "send_quiet",
        mapping: SEVERITIES,
      })),
      ...["msg", "message"].map((field) => ({
        type: "copy",
        id: `message-from-${field}`,
        if: `type(attributes.json?.${field}) == "string" && len(attributes.json.${field}) <= ${LOG_LIMITS.messageCharacters}`,
        from: `attributes.json.${field}`,
        to: "attributes.message",
        on_error: "send_quiet",
      })),
      { type: "retain", id: "bounded", fields: ["attributes.message", 'attributes["log.iostream"]'] },
    ],
  };
}

/**
 * Levels beyond those that the collector knows: pino's numbers and syslog's names.
 *
 * @see https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object
 */
const SEVERITIES = {
  trace: 10,
  debug: 20,
  info: [30, "notice", "information", "log"],
  warn: 40,
  error: 50,
  fatal: [60, "critical", "panic", "alert", "emergency"],
} as const;
