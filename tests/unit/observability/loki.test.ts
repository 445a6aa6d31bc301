import assert from "node:assert/strict";
import { parse } from "yaml";
import { containerOf, find, stack, type Manifest, type Workload } from "./fixtures.ts";

interface LokiConfig {
  readonly auth_enabled: boolean;
  readonly analytics: { readonly reporting_enabled: boolean };
  readonly common: { readonly path_prefix: string; readonly ring: unknown };
  readonly schema_config: { readonly configs: readonly unknown[] };
  readonly compactor: {
    readonly working_directory: string;
    readonly retention_enabled: boolean;
    readonly delete_request_store: string;
  };
  readonly limits_config: Readonly<Record<string, unknown>>;
  readonly frontend: { readonly scheduler_dns_lookup_period: string };
  readonly ingester: {
    readonly lifecycler: { readonly min_ready_duration: string };
    readonly wal: { readonly replay_memory_ceiling: number };
  };
}

describe("Loki", () => {
  async function rendered(tier: "dev" | "staging" | "prod" = "dev", observability = {}) {
    const { objects } = await stack(tier, observability);
    const config = parse(find<Manifest>(objects, "ConfigMap", "loki").data?.["loki.yaml"] ?? "") as LokiConfig;
    return { config, container: containerOf(find<Workload>(objects, "StatefulSet", "loki")) };
  }

  it("stores logs in the tsdb index of schema v13 on its volume, as one instance, and reports to nobody", async () => {
    const { config, container } = await rendered();
    assert.deepEqual(config.schema_config.configs, [
      {
        from: "2024-04-01",
        store: "tsdb",
        object_store: "filesystem",
        schema: "v13",
        index: { prefix: "index_", period: "24h" },
      },
    ]);
    assert.deepEqual(config.common.ring, { kvstore: { store: "inmemory" } });
    assert.equal(config.auth_enabled, false);
    assert.equal(config.analytics.reporting_enabled, false);
    const data = container.volumeMounts.find((mount) => mount.name === "data");
    assert.equal(data?.mountPath, config.common.path_prefix);
    assert.ok(config.compactor.working_directory.startsWith(config.common.path_prefix));
  });

  for (const [tier, hours] of [
    ["dev", 48],
    ["staging", 168],
    ["prod", 720],
  ] as const) {
    it(`deletes logs after ${hours} hours in tier ${tier}, and accepts none that are older`, async () => {
      const { config } = await rendered(tier);
      assert.equal(config.limits_config["retention_period"], `${hours}h`);
      assert.equal(config.limits_config["reject_old_samples_max_age"], `${hours}h`);
      assert.equal(config.compactor.retention_enabled, true);
      assert.equal(config.compactor.delete_request_store, "filesystem");
    });
  }

  it("indexes few labels and keeps the rest as structured metadata", async () => {
    const { config } = await rendered();
    assert.equal(config.limits_config["allow_structured_metadata"], true);
    assert.deepEqual(config.limits_config["otlp_config"], {
      resource_attributes: {
        ignore_defaults: true,
        attributes_config: [
          { action: "index_label", attributes: ["service.name", "k8s.namespace.name", "k8s.pod.name"] },
        ],
      },
    });
  });

  it("bounds rate, lines, streams, labels and fields, so that one program can't fill it", async () => {
    const { config } = await rendered();
    const limits = config.limits_config;
    assert.deepEqual(
      [limits["ingestion_rate_mb"], limits["ingestion_burst_size_mb"], limits["max_line_size"]],
      [8, 16, "262144B"],
    );
    assert.equal(limits["per_stream_rate_limit"], "4MB");
    assert.equal(limits["max_global_streams_per_user"], 2000);
    assert.equal(limits["max_label_names_per_series"], 5);
    assert.equal(limits["max_structured_metadata_entries_count"], 16);
    assert.equal(limits["max_structured_metadata_size"], "65536B");
  });

  it("is ready as soon as it can answer, instead of waiting for a ring that has no other member", async () => {
    const { config } = await rendered();
    assert.equal(config.ingester.lifecycler.min_ready_duration, "0s");
    assert.equal(config.frontend.scheduler_dns_lookup_period, "1s");
  });

  it("replays its write-ahead log within its memory limit", async () => {
    const { config } = await rendered("dev", { loki: { resources: { limits: { memory: "1Gi" } } } });
    assert.equal(config.ingester.wal.replay_memory_ceiling, 512 * 2 ** 20);
  });
});
