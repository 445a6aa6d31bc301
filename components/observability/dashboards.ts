import { capacityRows } from "./capacity-dashboard.ts";
import { DATA_SOURCES, type DataSource } from "./data-sources.ts";
import { overviewRows } from "./overview-dashboard.ts";
import { arrange, type Panel, type PlacedPanel, type Row } from "./panels.ts";
import { networkRows } from "./network-dashboard.ts";
import { postgresRows } from "./postgres-dashboard.ts";
import { previewsRows } from "./previews-dashboard.ts";
import { redisRows } from "./redis-dashboard.ts";
import { serviceRows } from "./service-dashboard.ts";

/** A Grafana dashboard as its file holds it. */
export interface Dashboard {
  /** Never changes: links and bookmarks hold it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly graphTooltip: number;
  readonly timezone: "browser";
  readonly time: { readonly from: string; readonly to: string };
  readonly refresh: string;
  readonly links: readonly DashboardLink[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly PlacedPanel[];
}

interface DashboardLink {
  readonly title: string;
  readonly type: "link";
  readonly url: string;
  readonly icon: string;
  readonly tooltip: string;
  readonly tags: readonly string[];
  readonly asDropdown: boolean;
  readonly targetBlank: boolean;
  readonly includeVars: boolean;
  readonly keepTime: boolean;
}

interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: "query";
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly query: Readonly<Record<string, unknown>>;
  /** Part of each value that is taken; the first group. @default the whole */
  readonly regex?: string;
  readonly refresh: number;
  readonly sort: number;
  readonly multi: boolean;
  readonly includeAll: boolean;
}

/**
 * Version of the dashboard format that these files are written in.
 *
 * @see https://github.com/grafana/grafana-foundation-sdk dashboard.Dashboard
 */
const SCHEMA_VERSION = 42;

/** File of the dashboard that Grafana opens with. */
export const HOME_DASHBOARD = "environment-overview.json";
const OVERVIEW_UID = "terrarium-overview";
const SERVICE_UID = "terrarium-service";

/** What an environment has beyond its services that dashboards can show. */
export interface Observed {
  /** Preview environments and the platform service. @default false */
  readonly previews?: boolean;
  /** Data stores, by the exporters that there are. @default none */
  readonly exporters?: Readonly<Record<"postgres" | "redis", { readonly enabled: boolean }>>;
  /** Calico's Felix, however it is read. @default not */
  readonly felix?: object;
}

/** A dashboard before it has links and places. */
interface Page {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables?: readonly Variable[];
  readonly rows: readonly Row[];
}

/**
 * The dashboards by file name, each with links to all others. Panels of a data source that the environment does not have
 * are left out; without any there is no dashboard.
 */
export function createDashboards(
  environment: string,
  sources: readonly DataSource[],
  observed: Observed = {},
): Record<string, Dashboard> {
  const has = (panels: readonly Panel[]) =>
    panels.filter((panel) =>
      panel.targets.every((target) => sources.some((source) => DATA_SOURCES[source].uid === target.datasource.uid)),
    );
  const shown = pages(environment, sources, observed)
    .map((page) => ({ ...page, panels: arrange(page.rows.map((row) => ({ ...row, panels: has(row.panels) }))) }))
    .filter(({ panels }) => panels.length > 0);
  return Object.fromEntries(
    shown.map(({ file, uid, title, description, variables = [], panels }) => {
      const links = shown.filter((other) => other.uid !== uid).map((other) => link(other.title, other.uid));
      return [file, dashboard({ uid, title, description, links, variables, panels })];
    }),
  );
}

function pages(environment: string, sources: readonly DataSource[], observed: Observed): Page[] {
  const { previews = false, exporters, felix } = observed;
  return [
    {
      file: HOME_DASHBOARD,
      uid: OVERVIEW_UID,
      title: "Environment overview",
      description: `What runs in ${environment}, how well, and what is wrong with it.`,
      rows: overviewRows(SERVICE_UID),
    },
    {
      file: "service.json",
      uid: SERVICE_UID,
      title: "Service",
      description: "The golden signals of one service, and its log.",
      variables: sources.length > 0 ? [serviceVariable(sources)] : [],
      rows: serviceRows(),
    },
    {
      file: "capacity.json",
      uid: "terrarium-capacity",
      title: "Capacity",
      description: `What ${environment} may use, what it does use, and what observability costs.`,
      rows: capacityRows(),
    },
    ...(exporters?.postgres.enabled
      ? [
          {
            file: "postgres.json",
            uid: "terrarium-postgres",
            title: "Postgres",
            description: "Connections, transactions, size and trouble of one Postgres store.",
            variables: [storeVariable("pg_up")],
            rows: postgresRows(),
          },
        ]
      : []),
    ...(exporters?.redis.enabled
      ? [
          {
            file: "redis.json",
            uid: "terrarium-redis",
            title: "Redis",
            description: "Memory, commands, clients and keys of one Redis store.",
            variables: [storeVariable("redis_up")],
            rows: redisRows(),
          },
        ]
      : []),
    ...(felix
      ? [
          {
            file: "network.json",
            uid: "terrarium-network",
            title: "Network policies",
            description: "How Calico enforces network policies on each node.",
            rows: networkRows(),
          },
        ]
      : []),
    ...(previews
      ? [
          {
            file: "previews.json",
            uid: "terrarium-previews",
            title: "Preview environments",
            description: "Who waits, how long it takes until they are ready, and why they fail.",
            rows: previewsRows(),
          },
        ]
      : []),
  ];
}

function dashboard(given: {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly links: readonly DashboardLink[];
  readonly variables: readonly Variable[];
  readonly panels: readonly PlacedPanel[];
}): Dashboard {
  const { variables, ...rest } = given;
  return {
    ...rest,
    tags: ["terrarium"],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    graphTooltip: 1,
    timezone: "browser",
    time: { from: "now-1h", to: "now" },
    refresh: "30s",
    templating: { list: variables },
  };
}

function link(title: string, uid: string): DashboardLink {
  return {
    title,
    type: "link",
    url: `/d/${uid}`,
    icon: "dashboard",
    tooltip: "",
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: false,
    keepTime: true,
  };
}

function serviceVariable(sources: readonly DataSource[]): Variable {
  const source = sources.includes("prometheus") ? "prometheus" : "loki";
  const { type, uid } = DATA_SOURCES[source];
  return {
    name: "service",
    label: "Service",
    type: "query",
    datasource: { type, uid },
    query:
      source === "prometheus"
        ? { query: "label_values(up, service)", refId: "services" }
        : { type: 1, label: "service_name", refId: "services" },
    // Read again when the time range changes, sorted by name.
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  };
}

/** The stores whose exporters expose a series. */
function storeVariable(series: string): Variable {
  const { type, uid } = DATA_SOURCES.prometheus;
  return {
    name: "store",
    label: "Store",
    type: "query",
    datasource: { type, uid },
    query: { query: `label_values(${series}, service)`, refId: "stores" },
    regex: "/(.+)-exporter/",
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  };
}
