import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { PackConfiguration } from "../policies/configuration.ts";
import { checkPolicies } from "./checks/policies.ts";
import { readPolicyConfiguration } from "./checks/policy-configuration.ts";
import { checkPrometheus } from "./checks/prometheus.ts";
import { checkSchemas } from "./checks/schemas.ts";
import { type CheckResult, formatResults, isFailed } from "./checks/result.ts";
import { CommandFailure, UsageFailure } from "./exit.ts";
import { stackNames } from "./project.ts";
import { renderManifests, writeManifests } from "./render.ts";
import type { ReportFormat } from "./report.ts";
import { Session } from "./session.ts";
import { resolveStack } from "./stack-validation.ts";
import type { Surroundings } from "./surroundings.ts";

/** Options of `terrarium validate`. */
export interface ValidateOptions {
  /** @default the configuration of every stack of the checkout, and nothing else */
  readonly stack?: string;
  readonly output: ReportFormat;
  /** File with levels and settings of the policies. @default the pack's own */
  readonly policyPackConfig?: string;
}

/**
 * Makes every check of a stack that needs no cluster: its configuration; then, of the objects that it would be made of,
 * policies, schemas, and the configuration of its Prometheus. Changes nothing.
 *
 * @throws UsageFailure with every problem of wrong configurations, or of the file of the policies.
 * @throws CommandFailure when another check fails.
 */
export async function validate(surroundings: Surroundings, options: ValidateOptions): Promise<void> {
  const { stack, output, policyPackConfig } = options;
  if (stack === undefined) {
    if (policyPackConfig !== undefined) {
      throw new UsageFailure("--policy-pack-config: the policies are asked about one stack. Name it with --stack.");
    }
    validateConfigurations(surroundings, output);
    return;
  }
  const configuration = policyPackConfig === undefined ? undefined : readPolicyConfiguration(policyPackConfig);
  const session = new Session(surroundings, stack);
  surroundings.validate(stack);
  const results = await checkStack(session, configuration);
  surroundings.stdout.write(formatted(stack, results, output));
  const failed = results.filter(isFailed);
  if (failed.length > 0) {
    throw new CommandFailure(`${stack} is not valid: ${failed.map(({ check }) => check).join(", ")}.`);
  }
}

const VALID: CheckResult = { check: "configuration", summary: "valid", problems: [], notes: [] };

function validateConfigurations(surroundings: Surroundings, output: ReportFormat): void {
  const results = stackNames(surroundings.checkout).map((stack) => ({
    stack,
    checks: [checkConfiguration(surroundings, stack)],
  }));
  const lines = results.map(({ stack, checks }) => `${stack}: ${checks[0]?.summary}\n`);
  surroundings.stdout.write(output === "table" ? lines.join("") : serialized(results, output));
  const problems = results.flatMap(({ checks }) => checks.flatMap((check) => check.problems));
  if (problems.length > 0) throw new UsageFailure(problems.map(({ message }) => message).join("\n"));
}

function checkConfiguration(surroundings: Surroundings, stack: string): CheckResult {
  try {
    surroundings.validate(new Session(surroundings, stack).file.stack);
    return VALID;
  } catch (error) {
    if (!(error instanceof UsageFailure)) throw error;
    return { ...VALID, summary: "invalid", problems: [{ message: error.message, level: "mandatory" }] };
  }
}

async function checkStack(session: Session, configuration: PackConfiguration | undefined): Promise<CheckResult[]> {
  const { surroundings, file } = session;
  const { tier } = resolveStack(surroundings.checkout, file.stack);
  const manifests = await renderManifests(session);
  const folder = await mkdtemp(join(tmpdir(), "terrarium-validate-"));
  try {
    const rendered = join(folder, "manifests");
    await writeManifests(rendered, manifests);
    return [
      VALID,
      checkPolicies(manifests, tier, configuration),
      ...(await Promise.all([
        checkSchemas(surroundings, { manifests: rendered, schemas: join(folder, "schemas") }),
        checkPrometheus(surroundings, manifests, join(folder, "prometheus")),
      ])),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function formatted(stack: string, checks: readonly CheckResult[], format: ReportFormat): string {
  return format === "table" ? formatResults(checks) : serialized({ stack, checks }, format);
}

function serialized(value: unknown, format: "json" | "yaml"): string {
  return format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value);
}
