import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** One check that one object fails. */
export interface Finding {
  readonly check: string;
  /** kind/name */
  readonly object: string;
  /** The tool's words, for the reader of a failure. */
  readonly comments: string;
}

/** Findings that stay, and why. */
export interface AcceptedFinding {
  readonly check: string;
  /** Patterns of kind/name; `*` stands for any text. */
  readonly objects: readonly string[];
  readonly reason: string;
}

const ALL = parse(readFileSync(join(import.meta.dirname, "accepted-findings.yaml"), "utf8")) as AcceptedFinding[];

/** How the ids of checkov's checks begin; all others are kube-score's. */
const CHECKOV = "CKV";

/** What is accepted of a tool's findings. */
export function acceptedOf(tool: "kube-score" | "checkov"): AcceptedFinding[] {
  return ALL.filter(({ check }) => check.startsWith(CHECKOV) === (tool === "checkov"));
}

/** Findings that no entry of the list accepts. */
export function unexplained(findings: readonly Finding[], accepted: readonly AcceptedFinding[]): string[] {
  return findings
    .filter(
      (finding) => !accepted.some((entry) => entry.objects.some((pattern) => matches(entry.check, pattern, finding))),
    )
    .map(({ check, object, comments }) => `${object}: ${check}: ${comments}`);
}

/** Patterns of the list that accept nothing that was found. */
export function outdated(findings: readonly Finding[], accepted: readonly AcceptedFinding[]): string[] {
  return accepted.flatMap(({ check, objects }) =>
    objects
      .filter((pattern) => !findings.some((finding) => matches(check, pattern, finding)))
      .map((pattern) => `${pattern}: ${check}`),
  );
}

function matches(check: string, pattern: string, finding: Finding): boolean {
  const literals = pattern.split("*").map((text) => text.replaceAll(/[^\w/]/g, "\\$&"));
  return finding.check === check && new RegExp(`^${literals.join(".*")}$`).test(finding.object);
}
