/**
 * `npm run checkers`: kubeconform, kube-score and checkov on the manifests of all stacks that are deployed and of one with all of
 * observability, and a table. Ends with 0 only when nothing is invalid and each finding is accepted with a reason in accepted-findings.yaml.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { manifestFiles } from "../../../cli/checks/kubeconform.ts";
import { formatTable } from "../../../cli/table.ts";
import { createProgress, defaultCacheDir, ensureToolchain, versions } from "../../../clusters/toolchain/index.ts";
import { acceptedOf, type Finding, outdated, unexplained } from "../accepted-findings.ts";
import { Checkout } from "../checkout.ts";
import { COMPLETE, writeCompleteStack } from "../complete-stack.ts";
import { score } from "../kube-score.ts";
import { installCheckov, runCheckov } from "./checkov.ts";

const STACKS = ["dev", "staging", "prod", COMPLETE] as const;
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
const checkout = await Checkout.create();
const rows: string[][] = [];
const problems: string[] = [];
const found: Record<"kube-score" | "checkov", Finding[]> = { "kube-score": [], checkov: [] };

try {
  writeCompleteStack(checkout);
  for (const stack of STACKS) {
    // checkov passes over folders whose names begin with a dot.
    const out = join(checkout.folder, "checkers", stack);
    await checkout.must(["render", "--stack", stack, "--out", out]);
    const validated = await checkout.terrarium(["validate", "--stack", stack, "-o", "json"]);
    const { checks } = JSON.parse(validated.stdout) as ValidateReport;
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
  checkout.remove();
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
