import { DATA_SOURCES, type DataSource } from "./data-sources.ts";

/** One query of a panel. */
export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr: string;
  readonly legendFormat?: string;
  /** One value at the end of the time range instead of a series. */
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly format?: "table";
  readonly queryType?: "instant" | "range";
}

/** A panel, before it has a place. */
export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: "stat" | "timeseries" | "table" | "logs";
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly targets: readonly Target[];
  readonly fieldConfig: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly overrides: readonly unknown[];
  };
  readonly options: Readonly<Record<string, unknown>>;
  readonly transformations?: readonly { readonly id: string; readonly options: Readonly<Record<string, unknown>> }[];
}

/** A panel in its place: Grafana's grid is 24 columns wide. */
export type PlacedPanel = Panel & {
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
};

/** Units that panels show, by what is measured. */
export const UNITS = {
  count: "short",
  ratio: "percentunit",
  seconds: "s",
  requestsPerSecond: "reqps",
  cores: "none",
  bytes: "bytes",
} as const;

/** What a panel asks, and how its lines are called. */
export interface Query {
  readonly expr: string;
  /** Name of a series, with labels as {{label}}. */
  readonly legend?: string;
}

interface PanelArgs {
  readonly title: string;
  /** What the panel shows and what a high value means. */
  readonly description?: string;
  readonly source: DataSource;
  readonly queries: readonly Query[];
  readonly unit?: string;
}

/** Lines over time. */
export function timeSeries(args: PanelArgs & { readonly link?: string }): Panel {
  return panel("timeseries", args, "range", {
    defaults: {
      unit: args.unit ?? UNITS.count,
      min: 0,
      custom: { fillOpacity: 10, showPoints: "never", spanNulls: false },
      ...(args.link ? { links: [{ title: "Open the service", url: args.link }] } : {}),
    },
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true },
      tooltip: { mode: "multi", sort: "desc" },
    },
  });
}

/** What {@link number} may be told beyond title and query. */
interface NumberOptions {
  readonly description?: string;
  /** @default "prometheus" */
  readonly source?: DataSource;
  /** @default a plain number */
  readonly unit?: string;
  /** Value from which the panel is red. @default none */
  readonly bad?: number;
}

/** One number. */
export function number(title: string, expr: string, options: NumberOptions = {}): Panel {
  const { description, source = "prometheus", unit = UNITS.count, bad } = options;
  const steps = [{ color: "green", value: null }, ...(bad === undefined ? [] : [{ color: "red", value: bad }])];
  return panel("stat", { title, description, source, queries: [{ expr }] }, "instant", {
    defaults: { unit, thresholds: { mode: "absolute", steps } },
    options: {
      colorMode: bad === undefined ? "value" : "background",
      graphMode: "none",
      justifyMode: "auto",
      textMode: "value",
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    },
  });
}

/** One line for each series that the query has now; labels are columns. */
export function table(args: PanelArgs & { readonly hide?: readonly string[] }): Panel {
  return {
    ...panel("table", args, "instant", { defaults: {}, options: { showHeader: true } }),
    transformations: [
      {
        id: "organize",
        options: {
          excludeByName: Object.fromEntries(["Time", "Value", ...(args.hide ?? [])].map((column) => [column, true])),
        },
      },
    ],
  };
}

/** Log lines, newest first. */
export function logs(args: Omit<PanelArgs, "source" | "unit">): Panel {
  return panel("logs", { ...args, source: "loki" }, "range", {
    defaults: {},
    options: {
      showTime: true,
      wrapLogMessage: true,
      enableLogDetails: true,
      sortOrder: "Descending",
      dedupStrategy: "none",
    },
  });
}

/** Panels beside each other. */
export interface Row {
  /** Of the grid's units. */
  readonly height: number;
  readonly panels: readonly Panel[];
}

/** Heights of rows by what they hold. */
export const HEIGHT = { number: 4, chart: 8, list: 9, log: 18 } as const;

/** Places rows below each other; each row's panels share its width evenly. Empty rows take no room. */
export function arrange(
  rows: readonly { readonly height: number; readonly panels: readonly Panel[] }[],
): PlacedPanel[] {
  const placed: PlacedPanel[] = [];
  let y = 0;
  for (const { height, panels } of rows.filter((row) => row.panels.length > 0)) {
    const w = Math.floor(24 / panels.length);
    panels.forEach((item, index) =>
      placed.push({ ...item, id: placed.length + 1, gridPos: { x: index * w, y, w, h: height } }),
    );
    y += height;
  }
  return placed;
}

function panel(
  type: Panel["type"],
  args: PanelArgs,
  kind: "instant" | "range",
  { defaults, options }: { readonly defaults: Record<string, unknown>; readonly options: Record<string, unknown> },
): Panel {
  const { type: sourceType, uid } = DATA_SOURCES[args.source];
  const datasource = { type: sourceType, uid };
  return {
    title: args.title,
    ...(args.description ? { description: args.description } : {}),
    type,
    datasource,
    targets: args.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource,
      expr,
      ...(legend ? { legendFormat: legend } : {}),
      ...(args.source === "loki" ? { queryType: kind } : { [kind]: true }),
      ...(args.source === "prometheus" && type === "table" ? { format: "table" as const } : {}),
    })),
    fieldConfig: { defaults, overrides: [] },
    options,
  };
}
