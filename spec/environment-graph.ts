import { DATA_STORE_PORTS } from "./data-store.ts";
import { backupName, callablePorts, declaredEdges, seedName } from "./edges.ts";
import type { ResolvedEnvironment } from "./environment.ts";
import { exportersOf } from "./exporter-parts.ts";
import { layOut, type LayoutEdge, type PlacedNode } from "./layered-layout.ts";
import { OBSERVABILITY_PORTS } from "./observability.ts";
import { needsStableIdentity } from "./service.ts";

/** What a node looks like. */
type NodeStyle = "edge" | "service" | "store" | "job" | "observability";

interface GraphNode {
  readonly name: string;
  readonly style: NodeStyle;
  /** Second line: workload kind and ports. */
  readonly detail: string;
  /** Third line. */
  readonly more?: string;
}

/** Where requests from outside come from. */
const INGRESS = "ingress";
const BOX = { width: 204, height: 66 };
const STEP = { x: 296, y: 92 };
const MARGIN = 32;
const TITLE_HEIGHT = 64;
const LEGEND_HEIGHT = 54;

/**
 * Draws an environment: its parts, and an arrow for every connection that its network policies admit. What Prometheus
 * scrapes is written on each part instead of drawn.
 *
 * @returns an SVG document that follows the reader's light or dark theme.
 */
export function drawEnvironment(environment: ResolvedEnvironment): string {
  const { shapes, width, bottom } = arrange(environment, MARGIN + TITLE_HEIGHT);
  const height = bottom + LEGEND_HEIGHT + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${labelOf(environment)}">
${TIP}
${STYLE}
<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="14"/>
<text class="title" x="${MARGIN}" y="${MARGIN + 18}">${environment.name}</text>
<text class="detail" x="${MARGIN}" y="${MARGIN + 40}">tier ${environment.tier}; every arrow is declared, and nothing else between these parts is open</text>
${shapes}
${legend(height - LEGEND_HEIGHT + 14)}
</svg>
`;
}

/** The same for a page that has styles of its own for the classes, without title and legend. */
export function drawEnvironmentInPage(environment: ResolvedEnvironment): string {
  const { shapes, width, bottom } = arrange(environment, MARGIN);
  const height = bottom + MARGIN;
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${labelOf(environment)}">
${TIP}
${shapes}
</svg>`;
}

function labelOf({ name }: ResolvedEnvironment): string {
  return `Parts and connections of the environment ${name}`;
}

/** Lays everything out from a height on: the application, and below it its observability. */
function arrange(environment: ResolvedEnvironment, top: number): { shapes: string; width: number; bottom: number } {
  const edges = declaredEdges(environment);
  const drawn = edges.filter(({ from }) => from !== "prometheus");
  const scraped = new Map(edges.filter(({ from }) => from === "prometheus").map(({ to, ports }) => [to, ports]));
  const nodes = describeNodes(environment, scraped);
  const exposed = Object.keys(environment.services).filter((name) => environment.services[name]?.expose);
  const all: LayoutEdge[] = [
    ...exposed.map((to) => ({ from: INGRESS, to })),
    ...drawn,
    ...(nodes.some(({ name }) => name === "log-collector") ? [{ from: "log-collector", to: "loki" }] : []),
  ];
  const application = nodes.filter(({ style }) => style !== "observability");
  const observability = nodes.filter(({ style }) => style === "observability");
  const upper = band(application, all, top);
  if (observability.length === 0) return { shapes: upper.svg, width: upper.width + 2 * MARGIN, bottom: upper.bottom };
  const lower = band(observability, all, upper.bottom + 26);
  const width = Math.max(upper.width, lower.width) + 2 * MARGIN;
  const divider = `<line class="divider" x1="${MARGIN}" y1="${lower.top - 14}" x2="${width - MARGIN}" y2="${lower.top - 14}"/>`;
  return { shapes: [upper.svg, divider, lower.svg].join("\n"), width, bottom: lower.bottom };
}

function describeNodes(environment: ResolvedEnvironment, scraped: ReadonlyMap<string, readonly number[]>): GraphNode[] {
  const { services, dataStores, migrations, observability } = environment;
  const metrics = (name: string): { more?: string } => {
    const ports = scraped.get(name);
    return ports ? { more: `metrics :${ports.join(", :")}` } : {};
  };
  const nodes: GraphNode[] = [];
  if (Object.values(services).some((service) => service.expose)) {
    nodes.push({ name: INGRESS, style: "edge", detail: `namespace ${environment.network.ingressNamespace}` });
  }
  for (const [name, service] of Object.entries(services)) {
    const kind = needsStableIdentity(service) ? "StatefulSet" : "Deployment";
    nodes.push({
      name,
      style: "service",
      detail: `${kind} × ${service.replicas}, :${callablePorts(service).join(", :")}`,
      ...metrics(name),
    });
  }
  for (const [name, store] of Object.entries(dataStores)) {
    const product = store.engine === "postgres" ? "PostgreSQL" : "Redis";
    const detail = `${product} ${store.version}, :${DATA_STORE_PORTS[store.engine]}`;
    nodes.push({ name, style: "store", detail, more: `volume ${store.storage.size}` });
    if (store.engine === "postgres" && store.backup)
      nodes.push({ name: backupName(name), style: "job", detail: `CronJob ${store.backup.schedule}` });
    if (store.engine === "postgres" && store.seed)
      nodes.push({ name: seedName(name), style: "job", detail: "Job, once" });
  }
  for (const name of Object.keys(migrations)) nodes.push({ name, style: "job", detail: "Job, before its services" });
  if (observability.loki.enabled && observability.collector.enabled)
    nodes.push({
      name: "log-collector",
      style: "observability",
      detail: "DaemonSet",
      more: "in a namespace of its own",
    });
  for (const name of ["grafana", "prometheus", "alertmanager", "loki"] as const) {
    if (observability[name].enabled) {
      nodes.push({
        name,
        style: "observability",
        detail: `StatefulSet, :${OBSERVABILITY_PORTS[name]}`,
        ...metrics(name),
      });
    }
  }
  for (const { name, kind, store } of exportersOf(environment)) {
    const detail = kind === "node" ? "DaemonSet" : `Deployment${store ? `, reads ${store}` : ""}`;
    nodes.push({ name, style: "observability", detail, ...metrics(name) });
  }
  return nodes;
}

interface Band {
  readonly svg: string;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
}

/** Lays out and draws some of the nodes with the edges among them. */
function band(nodes: readonly GraphNode[], edges: readonly LayoutEdge[], top: number): Band {
  const names = nodes.map(({ name }) => name);
  const inner = edges.filter(({ from, to }) => names.includes(from) && names.includes(to));
  const layout = layOut(names, inner);
  const height = (layout.rows - 1) * STEP.y + BOX.height;
  const at = (place: PlacedNode): { x: number; y: number } => ({
    x: MARGIN + place.column * STEP.x,
    y: top + height / 2 + place.row * STEP.y - BOX.height / 2,
  });
  const arrows = inner.map(
    ({ from, to }) => `<path class="arrow" d="${arrow((layout.paths.get(`${from} ${to}`) ?? []).map(at))}"/>`,
  );
  const boxes = nodes.map((node) => box(node, at(layout.nodes.get(node.name) ?? { column: 0, row: 0 })));
  return {
    svg: [...arrows, ...boxes].join("\n"),
    top,
    bottom: top + height,
    width: (layout.columns - 1) * STEP.x + BOX.width,
  };
}

/** A curve from the right side of the first place to the left side of the last; places between are passed level. */
function arrow(places: readonly { x: number; y: number }[]): string {
  const middle = BOX.height / 2;
  const bend = (STEP.x - BOX.width) * 0.62;
  const [first, ...rest] = places;
  if (!first) return "";
  let path = `M ${first.x + BOX.width} ${first.y + middle}`;
  let from = { x: first.x + BOX.width, y: first.y + middle };
  rest.forEach((place, index) => {
    const isLast = index === rest.length - 1;
    const to = { x: isLast ? place.x - 7 : place.x, y: place.y + middle };
    path += ` C ${from.x + bend} ${from.y}, ${to.x - bend} ${to.y}, ${to.x} ${to.y}`;
    if (!isLast) path += ` L ${place.x + BOX.width} ${to.y}`;
    from = { x: place.x + BOX.width, y: to.y };
  });
  return path;
}

function box(node: GraphNode, { x, y }: { x: number; y: number }): string {
  const lines = [
    `<rect class="${node.style}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="9"/>`,
    `<text class="name" x="${x + 14}" y="${y + (node.more ? 22 : 29)}">${node.name}</text>`,
    `<text class="detail" x="${x + 14}" y="${y + (node.more ? 39 : 47)}">${node.detail}</text>`,
  ];
  if (node.more) lines.push(`<text class="detail" x="${x + 14}" y="${y + 55}">${node.more}</text>`);
  return `<g>${lines.join("")}</g>`;
}

function legend(y: number): string {
  const entries: [NodeStyle, string][] = [
    ["service", "service"],
    ["store", "data store"],
    ["job", "job"],
    ["observability", "observability; Prometheus reads every port marked metrics"],
  ];
  let x = MARGIN;
  return entries
    .map(([style, text]) => {
      const entry = `<rect class="${style}" x="${x}" y="${y}" width="18" height="14" rx="4"/><text class="detail" x="${x + 26}" y="${y + 12}">${text}</text>`;
      x += 56 + text.length * 7;
      return entry;
    })
    .join("\n");
}

const TIP = `<defs><marker id="tip" viewBox="0 0 10 10" refX="3" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="tip" d="M 0 0.8 L 9 5 L 0 9.2 z"/></marker></defs>`;

const STYLE = `<style>
  text { font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: #1b2430; }
  .title { font-size: 20px; font-weight: 650; }
  .name { font-size: 15px; font-weight: 600; }
  .detail { font-size: 12.5px; fill: #4a5768; }
  .page { fill: #fbfcfd; stroke: #d5dce4; }
  .divider { stroke: #d5dce4; stroke-dasharray: 4 5; }
  .arrow { fill: none; stroke: #5f6f83; stroke-width: 1.7; marker-end: url(#tip); }
  .tip { fill: #5f6f83; }
  .edge { fill: #f1f3f6; stroke: #8a97a8; stroke-dasharray: 5 4; }
  .service { fill: #e6f0fd; stroke: #3b7dd8; }
  .store { fill: #e5f5ec; stroke: #2f9161; }
  .job { fill: #fdf3e0; stroke: #c98a1b; }
  .observability { fill: #f2eafc; stroke: #8a5cc7; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8edf3; }
    .detail { fill: #a9b6c5; }
    .page { fill: #12181f; stroke: #303b48; }
    .divider { stroke: #303b48; }
    .arrow { stroke: #8fa0b4; }
    .tip { fill: #8fa0b4; }
    .edge { fill: #1b232d; stroke: #64748a; }
    .service { fill: #132a47; stroke: #5b9bf0; }
    .store { fill: #10301f; stroke: #4cb883; }
    .job { fill: #372809; stroke: #d9a13c; }
    .observability { fill: #281b3d; stroke: #a981e0; }
  }
</style>`;
