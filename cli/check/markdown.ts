import { groupBy } from "../../netcheck/group-by.ts";
import { type Capacity, formatCapacity, formatMoney } from "../../spec/index.ts";
import { table } from "../../spec/markdown.ts";
import type { Connection } from "./connections.ts";
import type { CheckReport, Verdict } from "./report.ts";
import type { ObjectChange, StackReport } from "./stack-report.ts";

/** By this line a report is found again among other comments. */
export const REPORT_MARKER = "<!-- terrarium-check -->";

/** Longest report in characters: a comment on GitHub takes 65,536. */
const LONGEST_REPORT = 60_000;

const TITLES: Readonly<Record<Verdict, string>> = {
  nothing: "nothing changes",
  changes: "changes",
  violations: "policies forbid it",
  "data-loss": "data would be lost",
  errors: "could not be previewed",
};

const ACTIONS = ["delete", "replace", "change", "create"] as const;
const PAST: Readonly<Record<ObjectChange["action"], string>> = {
  delete: "Deleted",
  replace: "Replaced",
  change: "Changed",
  create: "Created",
};

/** A report as Markdown, for a comment on a pull request: what matters most stands first. */
export function toMarkdown(report: CheckReport): string {
  const full = write(report, true);
  if (full.length <= LONGEST_REPORT) return full;
  const short = `${write(report, false)}\nThe values of properties are left out here: there are too many of them.\n`;
  return short.length <= LONGEST_REPORT ? short : `${short.slice(0, LONGEST_REPORT)}\n\n… and more.\n`;
}

function write({ comparedWith, verdict, stacks }: CheckReport, withValues: boolean): string {
  const parts = [
    REPORT_MARKER,
    `## Terrarium: ${TITLES[verdict]}`,
    `Compared with ${escape(comparedWith)}.`,
    ...stacks.flatMap(dataLoss),
    ...stacks.flatMap(errors),
    ...stacks.flatMap(violations),
    overview(stacks),
    ...stacks.flatMap((stack) => details(stack, withValues)),
    ...waiverList(stacks),
  ];
  return `${parts.join("\n\n")}\n`;
}

function dataLoss({ stack, dataLoss }: StackReport): string[] {
  if (dataLoss.length === 0) return [];
  const items = dataLoss.map(({ object, what, isProtected }) => {
    const protection = isProtected
      ? " It is protected: the update stops there until the protection is taken away."
      : "";
    return `- ${code(object)} ${escape(what)}.${protection}`;
  });
  return [quote("CAUTION", [`**Data would be lost in ${escape(stack)}.**`, "", ...items])];
}

function errors({ stack, errors }: StackReport): string[] {
  if (errors.length === 0) return [];
  const text = `**${escape(stack)} could not be previewed to its end.** What is below is what was seen until then.`;
  return [quote("WARNING", [text, "", ...fenced(errors.join("\n"))])];
}

function violations({ stack, policies }: StackReport): string[] {
  const all = policies?.violations ?? [];
  if (all.length === 0) return [];
  const items = all.map(({ rule, message, level, isNew }) => {
    const note = [level === "advisory" ? "advice" : "", isNew ? "" : "was there before"].filter((part) => part !== "");
    return `- ${code(rule)}${note.length === 0 ? "" : ` (${note.join(", ")})`}: ${escape(message)}`;
  });
  const kind = all.some(({ level }) => level === "mandatory") ? "WARNING" : "NOTE";
  return [quote(kind, [`**Policies in ${escape(stack)}.**`, "", ...items])];
}

function overview(stacks: readonly StackReport[]): string {
  const head = ["Stack", "Tier", "Created", "Changed", "Replaced", "Deleted", "Policies", "Connections", "Capacity"];
  const withCost = stacks.some(({ cost }) => cost !== undefined);
  const rows = stacks.map((report) => {
    const count = (action: string): string =>
      countOf(report.changes.filter((change) => change.action === action).length);
    return [
      report.stack,
      report.tier ?? "",
      ...["create", "change", "replace", "delete"].map(count),
      policySummary(report),
      connectionSummary(report),
      capacityDelta(report),
      ...(withCost ? [costDelta(report)] : []),
    ];
  });
  return table(withCost ? [...head, "Cost a month"] : head, rows);
}

function countOf(number: number): string {
  return number === 0 ? "-" : String(number);
}

function policySummary({ policies }: StackReport): string {
  if (policies === undefined) return "not known";
  const { violations, waivers } = policies;
  const forbidden = violations.filter(({ level }) => level === "mandatory").length;
  const advice = violations.length - forbidden;
  const parts = [
    forbidden > 0 ? `${forbidden} forbidden` : "",
    advice > 0 ? `${advice} advised against` : "",
    waivers.length > 0 ? `${waivers.length} waived` : "",
  ].filter((part) => part !== "");
  return parts.join(", ") || "fulfilled";
}

function connectionSummary({ connections }: StackReport): string {
  if (connections === undefined) return "not known";
  const { opened, closed } = connections;
  if (opened.length + closed.length === 0) return "-";
  return `${opened.length} opened, ${closed.length} closed`;
}

function capacityDelta({ capacity }: StackReport): string {
  if (capacity === undefined) return "not known";
  const { before, after } = capacity;
  const parts = [
    signed(after.pods - before.pods, Math.abs(after.pods - before.pods) === 1 ? "pod" : "pods"),
    signed(after.cpu - before.cpu, "cores"),
    signed((after.memory - before.memory) / 2 ** 30, "GiB memory"),
    signed((after.storage - before.storage) / 2 ** 30, "GiB volumes"),
  ].filter((part) => part !== "");
  return parts.join(", ") || "-";
}

function signed(amount: number, unit: string): string {
  const text = new Intl.NumberFormat("en", { maximumFractionDigits: 3, signDisplay: "exceptZero" }).format(amount);
  return text === "0" ? "" : `${text} ${unit}`;
}

function costDelta({ cost }: StackReport): string {
  if (cost === undefined) return "not known";
  const { currency, before, after } = cost;
  if (after === before) return formatMoney(after, currency);
  return `${formatMoney(after - before, currency, { signed: true })} to ${formatMoney(after, currency)}`;
}

function details(report: StackReport, withValues: boolean): string[] {
  const parts = [
    ...ACTIONS.flatMap((action) => ofAction(report, action, withValues)),
    ...connectionList("Opened", report.connections?.opened ?? []),
    ...connectionList("Closed", report.connections?.closed ?? []),
    ...capacityLine(report),
    ...report.notes.map(escape),
  ];
  if (parts.length === 0) return [];
  return [`<details>\n<summary>${escape(report.stack)}</summary>`, ...parts, "</details>"];
}

function ofAction({ changes }: StackReport, action: ObjectChange["action"], withValues: boolean): string[] {
  const those = changes.filter((change) => change.action === action);
  if (those.length === 0) return [];
  const items = those.map((change) => {
    const why = change.replacedFor.length === 0 ? "" : ` because of ${change.replacedFor.map(code).join(", ")}`;
    return [`- ${code(change.object)}${why}`, ...(withValues ? propertyLines(change) : [])].join("\n");
  });
  return [`**${PAST[action]}**`, items.join("\n").trimEnd()];
}

function propertyLines({ properties }: ObjectChange): string[] {
  if (properties.length === 0) return [];
  const lines = properties.flatMap(({ path, before, after }) => [
    `@ ${path}`,
    ...(before === undefined ? [] : before.split("\n").map((line) => `- ${line}`)),
    ...(after === undefined ? [] : after.split("\n").map((line) => `+ ${line}`)),
  ]);
  return ["", ...fenced(lines.join("\n"), "diff").map((line) => `  ${line}`), ""];
}

/** One line for each server and port: what opens DNS to all pods is one line, not one for each. */
function connectionList(title: string, connections: readonly Connection[]): string[] {
  if (connections.length === 0) return [];
  const groups = groupBy(connections, ({ to, port }) => `${to} ${port}`);
  const items = [...groups.values()].map((group) => {
    const [{ to, port } = { to: "", port: "" }] = group;
    return `- ${group.map(({ from }) => code(from)).join(", ")} to ${code(to)}, ${escape(port)}`;
  });
  return [`**${title} connections**`, items.join("\n")];
}

function capacityLine({ capacity }: StackReport): string[] {
  if (capacity === undefined || capacityDelta({ capacity } as StackReport) === "-") return [];
  const text = (value: Capacity): string => `${value.pods} pods, ${formatCapacity(value)}`;
  return [`**Capacity**: ${text(capacity.after)} instead of ${text(capacity.before)}.`];
}

function waiverList(stacks: readonly StackReport[]): string[] {
  const waivers = stacks.flatMap(({ policies }) => policies?.waivers ?? []);
  if (waivers.length === 0) return [];
  const items = waivers.map((waiver) => `- ${escape(waiver)}`).join("\n");
  return [`<details>\n<summary>Waivers in effect: ${waivers.length}</summary>`, items, "</details>"];
}

function quote(kind: string, lines: readonly string[]): string {
  return [`[!${kind}]`, ...lines].map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** A block of text that can't end its own fence. */
function fenced(text: string, language = "text"): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...text.split("\n"), fence];
}

/** Inline code, whatever the text is: it comes from a change that nobody has looked at yet. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${text.replaceAll("\n", " ")}${pad}${fence}`;
}

/** Text that is neither markup nor a mention of somebody. */
function escape(text: string): string {
  return text
    .replaceAll("\n", " ")
    .replaceAll(/[\\`*_{}[\]<>#|~]/g, "\\$&")
    .replaceAll("@", "@\u200b");
}
