/** A node and where it stands: column from the left, and row within the column. */
export interface PlacedNode {
  readonly column: number;
  /** Distance from the middle of its column, in rows; negative above. */
  readonly row: number;
}

/** A layered drawing: places of nodes, and for each edge the places it passes on its way. */
export interface Layout {
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  readonly paths: ReadonlyMap<string, readonly PlacedNode[]>;
  readonly columns: number;
  /** Rows of the fullest column. */
  readonly rows: number;
}

/** A connection of two nodes, by name. */
export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

/** Rounds of sorting columns by their neighbours; more change nothing for graphs of some dozen nodes. */
const SWEEPS = 12;

/**
 * Places the nodes of a graph in columns so that every edge leads to the right, but for those that close a cycle, and few
 * edges cross; the same graph always gives the same layout.
 */
export function layOut(names: readonly string[], edges: readonly LayoutEdge[]): Layout {
  const columnOf = assignColumns(names, withoutCycles(edges));
  const count = Math.max(...columnOf.values(), 0) + 1;
  const columns: string[][] = Array.from({ length: count }, () => []);
  for (const name of names) columns[columnOf.get(name) ?? 0]?.push(name);
  // An edge over several columns gets a place in each, so that it passes between nodes instead of behind them.
  const chains = edges.map((edge) => {
    const first = columnOf.get(edge.from) ?? 0;
    const between = Array.from({ length: (columnOf.get(edge.to) ?? 0) - first - 1 }, (_, index) => {
      const place = `${edge.from} ${edge.to} ${index}`;
      columns[first + 1 + index]?.push(place);
      return place;
    });
    return { edge, chain: [edge.from, ...between, edge.to] };
  });
  const links = chains.flatMap(({ chain }) => chain.slice(1).map((to, index) => ({ from: chain[index] ?? "", to })));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) sortColumns(columns, links, sweep % 2 === 0);
  const places = new Map(
    columns.flatMap((column, index) =>
      column.map((name, row) => [name, { column: index, row: row - (column.length - 1) / 2 }] as const),
    ),
  );
  const placeOf = (name: string): PlacedNode => places.get(name) ?? { column: 0, row: 0 };
  return {
    nodes: new Map(names.map((name) => [name, placeOf(name)])),
    paths: new Map(chains.map(({ edge, chain }) => [`${edge.from} ${edge.to}`, chain.map(placeOf)])),
    columns: count,
    rows: Math.max(...columns.map((column) => column.length)),
  };
}

/** The edges without those that lead back to where a walk along the edges before them came from. */
function withoutCycles(edges: readonly LayoutEdge[]): LayoutEdge[] {
  const kept: LayoutEdge[] = [];
  const reach = (from: string, seen = new Set([from])): ReadonlySet<string> => {
    for (const { to } of kept.filter((edge) => edge.from === from)) if (!seen.has(to)) reach(to, seen.add(to));
    return seen;
  };
  for (const edge of edges) if (!reach(edge.to).has(edge.from)) kept.push(edge);
  return kept;
}

/** Each node stands right of all that lead to it; one that nothing leads to stands directly left of its first target. */
function assignColumns(names: readonly string[], edges: readonly LayoutEdge[]): Map<string, number> {
  const columnOf = new Map(names.map((name) => [name, 0]));
  for (;;) {
    const moved = edges.filter(({ from, to }) => (columnOf.get(to) ?? 0) <= (columnOf.get(from) ?? 0));
    if (moved.length === 0) break;
    for (const { from, to } of moved) columnOf.set(to, Math.max(columnOf.get(to) ?? 0, (columnOf.get(from) ?? 0) + 1));
  }
  for (const name of names) {
    const targets = edges.filter((edge) => edge.from === name).map((edge) => columnOf.get(edge.to) ?? 0);
    const isSource = edges.every((edge) => edge.to !== name);
    if (isSource && targets.length > 0) columnOf.set(name, Math.min(...targets) - 1);
  }
  return columnOf;
}

function sortColumns(columns: string[][], links: readonly LayoutEdge[], forward: boolean): void {
  const order = columns.map((_, index) => index);
  for (const index of forward ? order.slice(1) : order.slice(0, -1).reverse()) {
    const neighbours = columns[index + (forward ? -1 : 1)] ?? [];
    const column = columns[index] ?? [];
    const middle = (list: readonly string[]): number => (list.length - 1) / 2;
    const weight = (name: string): number => {
      const linked = links.filter((link) => (forward ? link.to : link.from) === name);
      const rows = linked.map((link) => neighbours.indexOf(forward ? link.from : link.to)).filter((row) => row >= 0);
      if (rows.length === 0) return column.indexOf(name) - middle(column);
      return rows.reduce((sum, row) => sum + row, 0) / rows.length - middle(neighbours);
    };
    const weights = new Map(column.map((name) => [name, weight(name)]));
    columns[index] = column.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
  }
}
