import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Toolchain } from "../../clusters/toolchain/index.ts";
import type { PackConfiguration } from "../../policies/configuration.ts";
import { dayOf } from "../../policies/waivers.ts";
import { readPolicyConfiguration } from "../checks/policy-configuration.ts";
import { CommandFailure, UsageFailure } from "../exit.ts";
import { readStackFile, stackNames } from "../project.ts";
import { resolveStack } from "../stack-validation.ts";
import { say, type Surroundings } from "../surroundings.ts";
import { requireWritableFile } from "../writable-path.ts";
import { type Base, checkOut, findBase } from "./base.ts";
import { previewDeployed } from "./deployed.ts";
import { toMarkdown } from "./markdown.ts";
import { type PriceTable, readPrices } from "./prices.ts";
import { type CheckReport, toCheckReport, VERDICT_EXIT_CODES } from "./report.ts";
import { failedReport, type StackReport, toStackReport } from "./stack-report.ts";
import { type Preview, previewFromResult } from "./steps.ts";
import { ThrowawayStack } from "./throwaway-stack.ts";

/** Formats of a report. */
export const checkFormats = ["markdown", "json"] as const;

/** Options of `terrarium check`. */
export interface CheckOptions {
  /** @default every stack of the checkout */
  readonly stack?: readonly string[];
  /** What the checkout is compared with: the commit at which its history left this one. */
  readonly base: string;
  /** Compare with what is deployed instead of a base. */
  readonly deployed: boolean;
  readonly output: (typeof checkFormats)[number];
  /** Files to write as well; those that end in .json are JSON, all others Markdown. */
  readonly out: readonly string[];
  /** YAML file with what capacity costs in each tier. @default no costs are told */
  readonly prices?: string;
  /** File with levels and settings of the policies. @default the pack's own */
  readonly policyPackConfig?: string;
}

/** Stacks that are looked at at once: each takes two processes of some hundred MiB. */
const AT_ONCE = 2;

/**
 * Tells what the checkout would change in every stack, and writes a report for a pull request. Changes nothing.
 *
 * @throws UsageFailure for a wrong option.
 * @throws CommandFailure whose exit code says what the report says, see {@link VERDICT_EXIT_CODES}.
 */
export async function check(surroundings: Surroundings, options: CheckOptions): Promise<void> {
  options.out.forEach(requireWritableFile);
  const report = await makeReport(surroundings, options);
  // What was cut off says nothing about the pull request.
  surroundings.interrupted.throwIfAborted();
  const written = { markdown: toMarkdown(report), json: `${JSON.stringify(report, null, 2)}\n` };
  for (const path of options.out) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, written[path.endsWith(".json") ? "json" : "markdown"]);
  }
  surroundings.stdout.write(written[options.output]);
  const code = VERDICT_EXIT_CODES[report.verdict];
  if (code !== 0) throw new CommandFailure("", code);
}

async function makeReport(surroundings: Surroundings, options: CheckOptions): Promise<CheckReport> {
  const { policyPackConfig } = options;
  const criteria = {
    prices: options.prices === undefined ? {} : readPrices(options.prices),
    ...(policyPackConfig === undefined ? {} : { configuration: readPolicyConfiguration(policyPackConfig) }),
  };
  const known = stackNames(surroundings.checkout);
  const unknown = options.stack?.find((name) => !known.includes(name));
  if (options.deployed) {
    const stacks = await each(options.stack ?? known, (stack) =>
      report(surroundings, stack, criteria, () => previewDeployed(surroundings, stack)),
    );
    return toCheckReport("what is deployed", stacks);
  }
  const args = { checkout: surroundings.checkout, env: surroundings.env };
  const base = await findBase(args, options.base);
  const folder = mkdtempSync(join(tmpdir(), "terrarium-check-"));
  try {
    const old = join(folder, "base");
    const [toolchain] = await Promise.all([surroundings.toolchain(["pulumi"]), checkOut(args, base, old)]);
    const removed = stackNames(old).filter((name) => !known.includes(name));
    if (unknown !== undefined && !removed.includes(unknown)) {
      throw new UsageFailure(`There is no stack "${unknown}". Choose from: ${known.join(", ")}.`);
    }
    const stacks = await each(options.stack ?? [...known, ...removed].sort(), (stack) =>
      removed.includes(stack)
        ? Promise.resolve(failedReport(stack, [], [REMOVED]))
        : report(surroundings, stack, criteria, () =>
            previewFrom(surroundings, { stack, base, old, toolchain, folder: join(folder, `stack-${stack}`) }),
          ),
    );
    return toCheckReport(base.title, stacks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is said of a stack whose file is gone. */
const REMOVED =
  "The stack's file is gone. What it has deployed stays, and nothing looks after it any more: take it down first.";

/** What stacks are judged by. */
interface Criteria {
  readonly prices: PriceTable;
  readonly configuration?: PackConfiguration;
}

async function report(
  { checkout }: Surroundings,
  stack: string,
  { prices, ...criteria }: Criteria,
  preview: () => Promise<Preview>,
): Promise<StackReport> {
  try {
    const { tier } = resolveStack(checkout, stack);
    const price = prices[tier];
    const today = dayOf(new Date());
    const args = { stack, tier, today, ...criteria, ...(price === undefined ? {} : { prices: price }) };
    return toStackReport(await preview(), args);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return failedReport(stack, [error.message.replaceAll(`${checkout}/`, "")]);
  }
}

interface BaseArgs {
  readonly stack: string;
  readonly base: Base;
  /** The base's files. */
  readonly old: string;
  readonly toolchain: Toolchain;
  readonly folder: string;
}

/** Previews a stack against the state that the base's program leads to. */
async function previewFrom(surroundings: Surroundings, { stack, base, old, toolchain, folder }: BaseArgs) {
  const { checkout, env, interrupted } = surroundings;
  interrupted.throwIfAborted();
  say(surroundings, `${stack}: comparing with ${base.title} ...`);
  const { project } = readStackFile(checkout, stack);
  const throwaway = new ThrowawayStack({ env, interrupted, toolchain, project, stack, folder });
  await throwaway.create();
  const isNew = !existsSync(join(old, `Pulumi.${stack}.yaml`));
  if (!isNew) {
    await throwaway.update(old).catch((error: unknown) => {
      if (error instanceof CommandFailure)
        throw new CommandFailure(`The base: ${error.message.replaceAll(`${old}/`, "")}`);
      throw error;
    });
  }
  const isProtected = await throwaway.unprotect();
  return previewFromResult(await throwaway.preview(checkout), isProtected);
}

/** Calls a function for each name, some at once. @returns the results in the order of the names. */
async function each<T>(names: readonly string[], action: (name: string) => Promise<T>): Promise<T[]> {
  const results = new Map<string, T>();
  const queue = [...names];
  const work = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) results.set(name, await action(name));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return [...results.entries()].sort(([a], [b]) => names.indexOf(a) - names.indexOf(b)).map(([, result]) => result);
}
