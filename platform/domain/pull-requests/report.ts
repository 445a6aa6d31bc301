import {
  estimateCapacity,
  formatCapacity,
  formatMoney,
  monthlyCost,
  type Phase,
  type PreviewEnvironment,
  type PreviewEnvironmentStatus,
  type Prices,
  resolveEnvironment,
} from "../../../spec/index.ts";
import { conditionOf } from "../conditions.ts";
import { describe } from "../describe.ts";
import { fingerprint } from "../fingerprint.ts";
import type { DomainSettings } from "../settings.ts";

/** What a pull request is told of its environment. */
export interface Report {
  /** Differs where anything in it does. */
  readonly fingerprint: string;
  /** The commit that it is about. */
  readonly commit: string;
  /** @default as it was told of this commit: while it sleeps, nothing new is known of it */
  readonly state?: "pending" | "success" | "failure" | "inactive";
  /** One line. */
  readonly summary: string;
  /** Address of the environment's page. @default none */
  readonly url?: string;
  /** Markdown of the comment; its first line is found again by {@link isReport}. */
  readonly comment: string;
}

/** What a report depends on beside the environment. */
export interface ReportSettings {
  readonly domain: DomainSettings;
  /** @default costs are not told */
  readonly prices?: Prices | undefined;
  /** Whether updates are judged by policies. */
  readonly hasPolicies: boolean;
  /** Address of the dashboard, without an end. @default there is no link to it */
  readonly dashboard?: string | undefined;
}

const STATES: Readonly<Partial<Record<Phase, Report["state"]>>> = {
  Ready: "success",
  Failed: "failure",
  Terminating: "inactive",
  DeleteBlocked: "inactive",
};

const MARK = "<!-- terrarium preview";

/** Whether a comment is a report, of whatever state. */
export function isReport(text: string): boolean {
  return text.startsWith(MARK);
}

/** Whether a comment is this very report. */
export function isSameReport(text: string, report: Report): boolean {
  return text.startsWith(`${MARK} ${report.fingerprint} `);
}

/** Tells of an environment that is there. What changes all the time, such as progress, is left out. */
export function reportOf(environment: PreviewEnvironment, settings: ReportSettings): Report {
  const { metadata, spec, status = {} } = environment;
  const isCurrent = status.observedGeneration === metadata.generation;
  const ready = conditionOf(status, "Ready");
  const phase = metadata.deletionTimestamp === undefined && !isCurrent ? undefined : status.phase;
  const commit = spec.source.commit ?? "";
  const summary = phase === undefined ? "The platform is about to look at it." : summaryOf(environment, phase);
  const rows: (readonly [string, string] | undefined)[] = [
    ["Commit", `\`${commit.slice(0, 12)}\``],
    phase === "Ready" && status.url !== undefined ? ["Address", status.url] : undefined,
    settings.dashboard === undefined
      ? undefined
      : ["Dashboard", `[steps, logs and events](${settings.dashboard}/environments/${metadata.name})`],
    ["Policies", policies(ready?.reason, status.diff !== undefined, settings)],
    estimate(environment, settings),
    status.diff && phase !== undefined
      ? [
          "Changes",
          `${status.diff.create} created, ${status.diff.update} updated, ${status.diff.replace} replaced, ${status.diff.delete} deleted, ${status.diff.same} as before`,
        ]
      : undefined,
    status.expiresAt === undefined ? undefined : ["Stays until", status.expiresAt],
  ];
  const hasEnded = status.operation === undefined && phase !== undefined;
  return finished({
    commit,
    ...(isAtRest(status, phase) ? {} : { state: (phase && STATES[phase]) ?? "pending" }),
    summary,
    ...(phase === "Ready" && status.url !== undefined ? { url: status.url } : {}),
    text: [
      `### Preview environment \`${metadata.name}\`: ${phase ?? "Pending"}`,
      summary,
      table(rows.filter((row) => row !== undefined)),
      ...(ready && phase !== "Ready" ? [block(ready.message)] : []),
      ...(hasEnded && status.diff
        ? [folded("What changed", block(status.diff.resources.join("\n") || "nothing"))]
        : []),
      ...(hasEnded && status.steps ? [folded("How long it took", timings(status.steps))] : []),
      ...(metadata.deletionTimestamp === undefined ? [usage(metadata.name)] : []),
    ].join("\n\n"),
  });
}

/** Tells that there is no environment any more. */
export function goneReport(name: string, commit: string, why: string): Report {
  const summary = `It is gone: ${why}.`;
  const text = [
    `### Preview environment \`${name}\`: gone`,
    `Its resources, namespace, volumes and state are proven gone. Why: ${why}.`,
  ].join("\n\n");
  return finished({ commit, state: "inactive", summary, text });
}

function finished({ text, ...report }: Omit<Report, "fingerprint" | "comment"> & { readonly text: string }): Report {
  const own = fingerprint([report, text]);
  return { ...report, fingerprint: own, comment: `${MARK} ${own} -->\n${text}\n` };
}

/** Whether it sleeps, or is being put to sleep. */
function isAtRest(status: PreviewEnvironmentStatus, phase: Phase | undefined): boolean {
  return conditionOf(status, "Asleep")?.status === "True" && (phase === "Provisioning" || phase === "Asleep");
}

function summaryOf({ status = {} }: PreviewEnvironment, phase: Phase): string {
  const reason = conditionOf(status, "Ready")?.reason;
  if (reason === "ApprovalNeeded") return "It comes from a fork, and waits until somebody approves this very commit.";
  if (phase === "Queued")
    return `It waits in line for a place${status.position ? `, as number ${status.position}` : ""}.`;
  if (phase === "Failed") return `It failed: ${reason ?? "unknown"}${status.retryAt ? ", and is tried again" : ""}.`;
  return SUMMARIES[phase] ?? phase;
}

const SUMMARIES: Readonly<Partial<Record<Phase, string>>> = {
  Provisioning: "It is being brought to this commit.",
  Ready: "It runs this commit.",
  Asleep: "It sleeps, and its data stays.",
  Terminating: "It is being removed.",
  DeleteBlocked: "Its removal does not end; it is tried again.",
};

function policies(reason: string | undefined, isPlanned: boolean, { hasPolicies }: ReportSettings): string {
  if (reason === "PolicyViolation") return "**refused**, see below";
  if (!hasPolicies) return "none are configured";
  return isPlanned ? "passed" : "not judged yet";
}

function estimate(
  environment: PreviewEnvironment,
  { domain, prices }: ReportSettings,
): readonly [string, string] | undefined {
  const description = describe(environment, domain);
  if (!description.ok) return undefined;
  const capacity = estimateCapacity(resolveEnvironment(description.spec));
  const cost = prices && `, about ${formatMoney(monthlyCost(capacity, prices), prices.currency)} a month`;
  return ["Reserves", `${formatCapacity(capacity)}${cost ?? ""}`];
}

function timings(steps: readonly { readonly name: string; readonly seconds?: number | undefined }[]): string {
  return table(
    steps.map(({ name, seconds }) => [name, seconds === undefined ? "" : `${seconds.toFixed(1)} s`] as const),
  );
}

function usage(name: string): string {
  return [
    `More time: \`bin/terrarium env extend ${name} 24h\`.`,
    `Until it is needed again: \`bin/terrarium env sleep ${name}\`.`,
    "It is removed when the pull request is closed.",
  ].join(" ");
}

function table(rows: readonly (readonly [string, string])[]): string {
  return ["|  |  |", "| --- | --- |", ...rows.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}

/** Text as it is: nothing in it is Markdown, mentions somebody, or ends the block. */
function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function folded(title: string, text: string): string {
  return `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;
}
