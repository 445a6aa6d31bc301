import { stringify } from "yaml";
import type { Diagnosis } from "../doctor/index.ts";
import { CommandFailure } from "./exit.ts";
import type { ReportFormat } from "./report.ts";
import type { Surroundings } from "./surroundings.ts";

/** Consequences of one cause that people are shown. */
const MOST_SHOWN = 6;

/** Shows a diagnosis. @throws CommandFailure when something is wrong. */
export function reportDiagnosis({ stdout }: Surroundings, diagnosis: Diagnosis, format: ReportFormat): void {
  stdout.write(formatDiagnosis(diagnosis, format));
  const count = diagnosis.causes.length;
  if (count > 0) {
    throw new CommandFailure(
      `${count} ${count === 1 ? "thing is" : "things are"} wrong with ${diagnosis.environment}.`,
    );
  }
}

/** Writes a diagnosis in a format. The first line for people is the most likely cause. */
export function formatDiagnosis(diagnosis: Diagnosis, format: ReportFormat): string {
  if (format === "json") return `${JSON.stringify(diagnosis, null, 2)}\n`;
  if (format === "yaml") return stringify(diagnosis, { aliasDuplicateObjects: false });
  const { causes, unread, environment } = diagnosis;
  const paragraphs = causes.map(({ finding, consequences }, index) => {
    const shown = consequences.slice(0, MOST_SHOWN).map(({ says }) => ["so", says]);
    const more = consequences.length - shown.length;
    const rows = [
      ...finding.evidence.map((line) => ["seen", line]),
      ["next", finding.next],
      ...shown,
      ...(more > 0 ? [["so", `and ${more} more`]] : []),
    ];
    return [
      `${index + 1}. ${finding.says}\n`,
      ...rows.map(([head = "", text = ""]) => `   ${head.padEnd(4)}  ${text}\n`),
    ].join("");
  });
  const missing = unread.map(({ source, why }) => `not read: ${source}: ${why}\n`).join("");
  const all = causes.length === 0 ? [`Nothing is wrong with ${environment}, as far as can be seen.\n`] : paragraphs;
  return [...all, ...(missing === "" ? [] : [missing])].join("\n");
}
