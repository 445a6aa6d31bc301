import { HEIGHT, number, timeSeries, UNITS, type Panel, type Query, type Row } from "./panels.ts";
import { EXPORTED } from "./rules.ts";
import { ALERT_THRESHOLDS } from "./settings.ts";

/** How the Postgres store is that the variable `store` names: what its exporter asks it. */
export function postgresRows(): Row[] {
  const only = 'service="$store-exporter"';
  const perSecond = (series: string) => `sum(rate(pg_stat_database_${series}{${only}}[$__rate_interval]))`;
  const size = `sum(pg_database_size_bytes{${only}})`;
  const log = `sum(pg_wal_size_bytes{${only}})`;
  const connections = `sum(pg_stat_database_numbackends{${only}})`;
  const chart = (title: string, description: string, unit: string, queries: readonly Query[]): Panel =>
    timeSeries({ title, description, unit, source: "prometheus", queries });
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Answers", `sum(pg_up{${only}})`),
        number("Connections of limit", `${connections} / sum(pg_settings_max_connections{${only}})`, {
          unit: UNITS.ratio,
          bad: ALERT_THRESHOLDS.saturationRatio,
        }),
        number("Volume of its size", `(${size} + ${log}) / sum(${EXPORTED.volumeSize}{${only}})`, {
          unit: UNITS.ratio,
          bad: ALERT_THRESHOLDS.diskRatio,
        }),
        number("Longest transaction", `max(pg_stat_activity_max_tx_duration{${only}})`, {
          description: "An old transaction keeps deleted rows from being cleaned up, and locks from being given back.",
          unit: UNITS.seconds,
        }),
        number(
          "Read from memory",
          `sum(pg_stat_database_blks_hit{${only}}) / (sum(pg_stat_database_blks_hit{${only}}) + sum(pg_stat_database_blks_read{${only}}))`,
          { description: "Share of pages found in shared buffers, since statistics began.", unit: UNITS.ratio },
        ),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        chart("Transactions", "Per second; those rolled back ended with an error or by the client's wish.", "ops", [
          { expr: perSecond("xact_commit"), legend: "committed" },
          { expr: perSecond("xact_rollback"), legend: "rolled back" },
        ]),
        chart("Connections", "By what they do, and the limit.", UNITS.count, [
          { expr: `sum by (state) (pg_stat_activity_count{${only}})`, legend: "{{state}}" },
          { expr: `sum(pg_settings_max_connections{${only}})`, legend: "limit" },
        ]),
        chart("Locks", "Held by kind; many of an exclusive kind let others wait.", UNITS.count, [
          { expr: `sum by (mode) (pg_locks_count{${only}}) > 0`, legend: "{{mode}}" },
        ]),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        chart("Rows", "Per second.", "ops", [
          { expr: perSecond("tup_fetched"), legend: "fetched" },
          { expr: perSecond("tup_inserted"), legend: "inserted" },
          { expr: perSecond("tup_updated"), legend: "updated" },
          { expr: perSecond("tup_deleted"), legend: "deleted" },
        ]),
        chart("Size", "Databases, the write-ahead log, and the volume.", UNITS.bytes, [
          { expr: `sum by (datname) (pg_database_size_bytes{${only}})`, legend: "{{datname}}" },
          { expr: log, legend: "write-ahead log" },
          { expr: `sum(${EXPORTED.volumeSize}{${only}})`, legend: "volume" },
        ]),
        chart("Trouble", "Deadlocks and conflicts per second, and temporary files: queries beyond work_mem.", "ops", [
          { expr: perSecond("deadlocks"), legend: "deadlocks" },
          { expr: perSecond("conflicts"), legend: "conflicts" },
          { expr: perSecond("temp_files"), legend: "temporary files" },
        ]),
      ],
    },
  ];
}
