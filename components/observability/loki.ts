import type * as pulumi from "@pulumi/pulumi";
import { OBSERVABILITY_PORTS, type ResolvedObservability } from "../../spec/index.ts";
import { configChecksum } from "../checksum.ts";
import { httpProbe } from "../pod.ts";
import { toYaml } from "./config-file.ts";
import { Server, type ServerArgs } from "./server.ts";
import { goMemoryLimit, LOG_INGESTION, LOG_LIMITS, LOKI_REPLAY_MEMORY_PERCENT, percentOfBytes } from "./settings.ts";

const DATA = "/loki";
const CONFIG = "/etc/loki";

/** Loki as one process on one volume: takes the environment's logs through OTLP and deletes them when they are old. */
export class Loki extends Server {
  constructor(name: string, args: ServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Loki", name, "loki", args, opts);
    const { loki } = args.environment.observability;
    const files = { "loki.yaml": lokiConfig(loki) };
    const config = this.configMap(name, files);
    const timing = { periodSeconds: 5, timeoutSeconds: 3 };
    this.createServer(name, {
      dataPath: DATA,
      annotations: configChecksum(files),
      volumes: [{ name: "config", configMap: { name: this.server } }],
      mounts: [{ volume: "config", path: CONFIG, readOnly: true }],
      // A clean stop flushes what is in memory to the volume.
      terminationGracePeriodSeconds: 120,
      container: {
        args: [`-config.file=${CONFIG}/loki.yaml`],
        env: goMemoryLimit(loki.resources),
        // The image has no shell, so every probe is HTTP. A start replays the write-ahead log, for minutes at worst.
        startupProbe: httpProbe("/ready", "http", { ...timing, periodSeconds: 2, failureThreshold: 150 }),
        livenessProbe: httpProbe("/loki/api/v1/status/buildinfo", "http", {
          ...timing,
          periodSeconds: 10,
          failureThreshold: 6,
        }),
        readinessProbe: httpProbe("/ready", "http", { ...timing, failureThreshold: 3 }),
      },
      dependsOn: [config],
    });
    this.registerOutputs({ url: this.url });
  }
}

/** First day of the index in its present form; a change of schema is a further period, never an edit of this one. */
const SCHEMA_FROM = "2024-04-01";

/**
 * Loki's configuration.
 *
 * @see https://grafana.com/docs/loki/latest/configure/
 */
export function lokiConfig(loki: ResolvedObservability["loki"]): string {
  const retention = `${loki.retentionDays * 24}h`;
  return toYaml({
    auth_enabled: false,
    analytics: { reporting_enabled: false },
    server: { http_listen_port: OBSERVABILITY_PORTS.loki, log_format: "json", log_level: "info" },
    common: {
      instance_addr: "127.0.0.1",
      path_prefix: DATA,
      replication_factor: 1,
      ring: { kvstore: { store: "inmemory" } },
      storage: { filesystem: { chunks_directory: `${DATA}/chunks`, rules_directory: `${DATA}/rules` } },
    },
    schema_config: {
      configs: [
        {
          from: SCHEMA_FROM,
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    // How often the parts of the one process look each other up; it would be ready only after the default, 10 s.
    frontend: { scheduler_dns_lookup_period: "1s" },
    ingester: {
      // One instance has no ring to settle: it is ready when it says so, not 15 s later.
      lifecycler: { min_ready_duration: "0s" },
      wal: { replay_memory_ceiling: percentOfBytes(loki.resources.limits.memory, LOKI_REPLAY_MEMORY_PERCENT) },
    },
    compactor: { working_directory: `${DATA}/compactor`, retention_enabled: true, delete_request_store: "filesystem" },
    limits_config: {
      retention_period: retention,
      // A collector that catches up may deliver whatever would still be kept.
      reject_old_samples_max_age: retention,
      ingestion_rate_mb: LOG_INGESTION.rateMb,
      ingestion_burst_size_mb: LOG_INGESTION.burstMb,
      per_stream_rate_limit: `${LOG_INGESTION.streamRateMb}MB`,
      per_stream_rate_limit_burst: `${LOG_INGESTION.streamBurstMb}MB`,
      max_line_size: `${LOG_LIMITS.lineBytes}B`,
      max_line_size_truncate: true,
      max_global_streams_per_user: LOG_LIMITS.streams,
      max_label_names_per_series: LOG_LIMITS.labels,
      allow_structured_metadata: true,
      max_structured_metadata_entries_count: LOG_LIMITS.fields,
      max_structured_metadata_size: `${LOG_LIMITS.fieldBytes}B`,
      otlp_config: {
        resource_attributes: {
          ignore_defaults: true,
          // The pod is a label because Loki refuses lines an hour older than the newest of their stream: pods of one
          // service on two nodes must not share a stream, or a collector that catches up would lose its backlog.
          attributes_config: [
            { action: "index_label", attributes: ["service.name", "k8s.namespace.name", "k8s.pod.name"] },
          ],
        },
      },
    },
  });
}
