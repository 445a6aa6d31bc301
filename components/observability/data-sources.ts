import { OBSERVABILITY_PORTS, type ResolvedObservability } from "../../spec/index.ts";
import { toYaml } from "./config-file.ts";
import { SCRAPE } from "./settings.ts";

/** Grafana's data sources by the part that they read; a dashboard refers to the uid, which never changes. */
export const DATA_SOURCES = {
  prometheus: { type: "prometheus", uid: "prometheus", name: "Prometheus" },
  loki: { type: "loki", uid: "loki", name: "Loki" },
} as const;

/** A part that Grafana reads. */
export type DataSource = keyof typeof DATA_SOURCES;

/** The data sources that an environment has, in a fixed order. */
export function enabledDataSources(observability: ResolvedObservability): DataSource[] {
  return (["prometheus", "loki"] as const).filter((part) => observability[part].enabled);
}

/**
 * Grafana's provisioning file of data sources. None holds a secret: network policies decide who may read.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export function dataSourcesFile(enabled: readonly DataSource[]): string {
  const options = {
    prometheus: { httpMethod: "POST", prometheusType: "Prometheus", timeInterval: `${SCRAPE.intervalSeconds}s` },
    loki: { maxLines: 1000 },
  };
  return toYaml({
    apiVersion: 1,
    // A data source that a later version no longer provisions disappears from Grafana's database.
    prune: true,
    datasources: enabled.map((part, index) => ({
      ...DATA_SOURCES[part],
      access: "proxy",
      url: `http://${part}:${OBSERVABILITY_PORTS[part]}`,
      isDefault: index === 0,
      editable: false,
      jsonData: options[part],
    })),
  });
}
