/**
 * `npm run checkers`: kubeconform, kube-score and checkov on the manifests of all stacks that are deployed, and a table. Ends with 0
 * only when nothing is invalid and each finding is accepted with a reason in accepted-findings.yaml.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { manifestFiles } from "../../../cli/checks/kubeconform.ts";
import { formatTable } from "../../../cli/table.ts";
import { createProgress, defaultCacheDir, ensureToolchain, versions } from "../../../clusters/toolchain/index.ts";
import { acceptedOf, type Finding, outdated, unexplained } from "../accepted-findings.ts";
import { PROJECT, run } from "../checkout.ts";
import { score } from "../kube-score.ts";
import { installCheckov, runCheckov } from "./checkov.ts";

const STACKS = ["dev", "staging", "prod"] as const;
const KUBERNETES = `v${versions.kubernetes.split(".").slice(0, 2).join(".")}`;

interface ValidateReport {
  readonly checks: readonly {
    readonly check: string;
    readonly summary: string;
    readonly problems: readonly unknown[];
  }[];
}

const tools = await ensureToolchain(["kube-score"], {
  cacheDir: defaultCacheDir(process.env, process.platform, homedir()),
  progress: createProgress(process.stderr),
  env: process.env,
});
const checkov = await installCheckov();
const folder = mkdtempSync(join(tmpdir(), "terrarium-checkers-"));
const rows: string[][] = [];
const problems: string[] = [];
const found: Record<"kube-score" | "checkov", Finding[]> = { "kube-score": [], checkov: [] };

try {
  for (const stack of STACKS) {
    const out = join(folder, stack);
    await terrarium("render", "--stack", stack, "--out", out);
    const { checks } = JSON.parse(await terrarium("validate", "--stack", stack, "-o", "json")) as ValidateReport;
    const schemas = checks.find(({ check }) => check === "schemas");
    rows.push([stack, "kubeconform", schemas?.summary ?? "not run", "0"]);
    if (schemas === undefined || schemas.problems.length > 0)
      problems.push(`${stack}: kubeconform: ${schemas?.summary}`);

    const rated = await score(tools.path("kube-score"), KUBERNETES, manifestFiles(out));
    add(stack, "kube-score", `${rated.objects} objects: critical ${rated.critical.length}`, rated.critical);

    const verdict = await runCheckov(checkov, out);
    add(stack, "checkov", `${verdict.passed} passed, ${verdict.failed.length} failed`, verdict.failed);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const tool of ["kube-score", "checkov"] as const) {
  problems.push(...outdated(found[tool], acceptedOf(tool)).map((pattern) => `no finding needs ${pattern} any more`));
}
console.log(formatTable(["STACK", "CHECKER", "RESULT", "UNEXPLAINED"], rows));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function add(stack: string, tool: keyof typeof found, summary: string, findings: readonly Finding[]): void {
  found[tool].push(...findings);
  const open = unexplained(findings, acceptedOf(tool));
  rows.push([stack, tool, summary, String(open.length)]);
  problems.push(...open.map((line) => `${stack}: ${tool}: ${line}`));
}

async function terrarium(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, ["cli/main.ts", ...args], PROJECT);
  if (code !== 0 && args[0] !== "validate") throw new Error(`terrarium ${args.join(" ")}: ${stderr}`);
  return stdout;
}
