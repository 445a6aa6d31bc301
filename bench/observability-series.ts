/**
 * How many series each query of each dashboard returns from the environment with real pods that runs in this checkout, with
 * some traffic, as the page docs/observability-series.md.
 *
 * Usage: npm run observability-series
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDashboards } from "../components/observability/dashboards.ts";
import { loki, prometheus, recordedTraffic, withVariables } from "../tests/cluster/queries.ts";
import { environment, namespace } from "../tests/cluster/stack.ts";
import { writeTable } from "./markdown-table.ts";

const PAGE = join(import.meta.dirname, "../docs/observability-series.md");

await recordedTraffic();
const sections: string[] = [];
for (const { title, uid, panels } of Object.values(
  createDashboards(namespace, ["prometheus", "loki"], environment.observability),
)) {
  const rows: string[][] = [];
  for (const { title: panel, targets } of panels) {
    for (const { datasource, expr } of targets) {
      const query = withVariables(expr);
      const found = await (datasource.type === "loki" ? loki(query) : prometheus(query));
      rows.push([panel, `\`${expr}\``, String(found.length)]);
    }
  }
  sections.push(`## ${title} (\`${uid}\`)\n\n${writeTable(["Panel", "Query", "Series"], rows)}`);
}
writeFileSync(
  PAGE,
  [
    "# Series behind the dashboards",
    "Each query of each dashboard against the environment with real pods, under some traffic: how many series it returned. Queries about failures return none while nothing fails. Written by `npm run observability-series`.",
    ...sections,
  ].join("\n\n") + "\n",
);
console.log(`written: ${PAGE}`);
