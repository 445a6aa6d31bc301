import { stringify } from "yaml";
import { type CheckResult, isAsDeclared, type NetworkReport } from "../netcheck/check-network.ts";
import { groupBy } from "../netcheck/group-by.ts";
import type { ReportFormat } from "./report.ts";
import { formatTable } from "./table.ts";

/** Writes a report in a format. */
export function formatNetworkReport(report: NetworkReport, format: ReportFormat, onlyDifferences: boolean): string {
  if (format !== "table") {
    const shown = report.checks.filter((check) => !onlyDifferences || !isAsDeclared(check));
    const summary = { total: report.checks.length, asDeclared: report.checks.filter(isAsDeclared).length };
    const document = { ...report, summary, checks: shown };
    return format === "json" ? `${JSON.stringify(document, null, 2)}\n` : stringify(document);
  }
  const { checks, unchecked, enforced } = report;
  if (!enforced) return "";
  const rows = toRows(checks, onlyDifferences);
  const skipped = unchecked.map(({ from, to, why }) => `not checked: ${from} to ${to}: ${why}\n`);
  const table = rows.length === 0 ? "" : `${formatTable(["FROM", "TO", "PORT", "EXPECTED", "GOT"], rows)}\n`;
  const differing = checks.filter((check) => !isAsDeclared(check)).length;
  const verdict =
    differing === 0 ? `${checks.length} as declared` : `${differing} ${differing === 1 ? "differs" : "differ"}`;
  return `${table}${skipped.join("")}${checks.length} checks: ${verdict}\n`;
}

/**
 * One row for each connection, whose sides are checks of their own: it is open where both are. Ports of which all is the
 * same share a row.
 */
function toRows(checks: readonly CheckResult[], onlyDifferences: boolean): string[][] {
  const connections = groupBy(checks, ({ from, to, port, protocol }) => [from, to, port, protocol].join());
  const rows = [...connections.values()].flatMap((sides) => {
    const [first] = sides;
    if (first === undefined || (onlyDifferences && sides.every(isAsDeclared))) return [];
    const { from, to, port, protocol } = first;
    const expected = sides.every((side) => side.expected === "open") ? "open" : "closed";
    return [{ port, protocol, cells: [from, to, expected, explain(sides)] as const }];
  });
  return [...groupBy(rows, ({ protocol, cells }) => [protocol, ...cells].join()).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const [from, to, expected, got] = first.cells;
    return [[from, to, `${same.map(({ port }) => port).join(" ")}/${first.protocol}`, expected, got]];
  });
}

/** What came of a connection; where it is not as declared, also of which side that is known, and why. */
function explain(sides: readonly CheckResult[]): string {
  const got = sides.find((side) => side.got !== "open")?.got ?? "open";
  const differing = sides.filter((side) => !isAsDeclared(side));
  const reasons = differing.map((side) => {
    const where = side.side === "both" ? "" : `${side.side} of ${side.side === "egress" ? side.from : side.to} `;
    const what = [where && `${where}is ${side.got}`, side.why, side.detail];
    return what.filter((part) => part !== undefined && part !== "").join(", ");
  });
  return reasons.length === 0 ? got : `${got} (${reasons.join("; ")})`;
}
