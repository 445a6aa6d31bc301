import { HEIGHT, number, timeSeries, UNITS, type Panel, type Query, type Row } from "./panels.ts";
import { EXPORTED } from "./rules.ts";
import { ALERT_THRESHOLDS } from "./settings.ts";

/** How the Redis store is that the variable `store` names: what its exporter asks it. */
export function redisRows(): Row[] {
  const only = 'service="$store-exporter"';
  const of = (series: string) => `redis_${series}{${only}}`;
  const perSecond = (series: string) => `rate(${of(series)}[$__rate_interval])`;
  const chart = (title: string, description: string, unit: string, queries: readonly Query[]): Panel =>
    timeSeries({ title, description, unit, source: "prometheus", queries });
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Answers", of("up")),
        number("Memory of limit", `${of("memory_used_bytes")} / ${of("memory_max_bytes")}`, {
          unit: UNITS.ratio,
          bad: ALERT_THRESHOLDS.saturationRatio,
        }),
        number("Volume of its size", `sum(${of("aof_current_size_bytes")}) / sum(${EXPORTED.volumeSize}{${only}})`, {
          unit: UNITS.ratio,
          bad: ALERT_THRESHOLDS.diskRatio,
        }),
        number("Clients", of("connected_clients")),
        number(
          "Found",
          `${of("keyspace_hits_total")} / (${of("keyspace_hits_total")} + ${of("keyspace_misses_total")})`,
          {
            description: "Share of look-ups that found their key, since the server started.",
            unit: UNITS.ratio,
          },
        ),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        chart("Commands", "Per second, by command.", "ops", [
          { expr: `sum by (cmd) (${perSecond("commands_total")})`, legend: "{{cmd}}" },
        ]),
        chart("Time in commands", "Seconds per second, by command: at 1 the server does nothing else.", UNITS.seconds, [
          { expr: `sum by (cmd) (${perSecond("commands_duration_seconds_total")})`, legend: "{{cmd}}" },
        ]),
        chart("Clients", "Connected, waiting in a blocking command, and refused per second.", UNITS.count, [
          { expr: of("connected_clients"), legend: "connected" },
          { expr: of("blocked_clients"), legend: "blocked" },
          { expr: perSecond("rejected_connections_total"), legend: "refused" },
        ]),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        chart("Memory", "In use, and the limit at which writes fail or keys are evicted.", UNITS.bytes, [
          { expr: of("memory_used_bytes"), legend: "in use" },
          { expr: of("memory_max_bytes"), legend: "limit" },
        ]),
        chart("Keys", "By database.", UNITS.count, [{ expr: of("db_keys"), legend: "{{db}}" }]),
        chart("Keys that go", "Per second: expired as they should, or evicted for want of memory.", "ops", [
          { expr: perSecond("expired_keys_total"), legend: "expired" },
          { expr: perSecond("evicted_keys_total"), legend: "evicted" },
        ]),
      ],
    },
  ];
}
