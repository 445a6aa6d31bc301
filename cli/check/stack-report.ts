import type { PackConfiguration } from "../../policies/configuration.ts";
import { evaluate, type Level } from "../../policies/evaluate.ts";
import { KubeObject } from "../../policies/kube-object.ts";
import { Stack } from "../../policies/stack.ts";
import { describeWaiver } from "../../policies/waivers.ts";
import { type Capacity, monthlyCost, type Prices, type Tier } from "../../spec/index.ts";
import type { KubeManifest } from "../rendered-object.ts";
import { type Connection, connectionsOf, without } from "./connections.ts";
import { type DataLoss, findDataLoss } from "./data-loss.ts";
import { diffProperties, type PropertyChange, withoutSecrets } from "./property-diff.ts";
import { reservedBy } from "./reserved.ts";
import type { Action, Preview, Step } from "./steps.ts";

/** What a change would do to one stack; the shape of `terrarium check -o json`. */
export interface StackReport {
  readonly stack: string;
  /** Undefined where the stack's configuration can't be read. */
  readonly tier?: Tier;
  readonly dataLoss: readonly DataLoss[];
  readonly changes: readonly ObjectChange[];
  /** Everything below is missing where the engine could not see everything. */
  readonly policies?: PolicyResults;
  readonly connections?: { readonly opened: readonly Connection[]; readonly closed: readonly Connection[] };
  readonly capacity?: { readonly before: Capacity; readonly after: Capacity };
  /** Cost of the capacity in a month; missing where no prices are given for the tier. */
  readonly cost?: { readonly currency: string; readonly before: number; readonly after: number };
  /** What kept the engine from seeing everything. */
  readonly errors: readonly string[];
  /** What else a reader should know. */
  readonly notes: readonly string[];
}

/** What an update would do to one object. */
export interface ObjectChange {
  readonly action: Exclude<Action, "keep">;
  readonly object: string;
  /** Paths of the properties that force a replacement. */
  readonly replacedFor: readonly string[];
  readonly properties: readonly PropertyChange[];
}

/** What the rules of the policy pack say about the objects as they would be. */
export interface PolicyResults {
  readonly violations: readonly PolicyViolation[];
  /** What objects are let off, until when, and why. */
  readonly waivers: readonly string[];
}

/** An object that does not fulfil a rule. */
export interface PolicyViolation {
  readonly rule: string;
  readonly message: string;
  readonly level: Level;
  /** Whether the change brings it in. */
  readonly isNew: boolean;
}

/** What a report is made with. */
export interface ReportArgs {
  readonly stack: string;
  readonly tier: Tier;
  /** Today, e.g. "2026-11-21". */
  readonly today: string;
  /** @default no cost is told */
  readonly prices?: Prices;
  /** Levels and settings of the policies. @default their own */
  readonly configuration?: PackConfiguration;
}

/** A report about a stack that could not be previewed. */
export function failedReport(stack: string, errors: readonly string[], notes: readonly string[] = []): StackReport {
  return { stack, dataLoss: [], changes: [], errors: errors.map(withoutSecrets), notes };
}

/** Makes a report from a preview. Pure. */
export function toStackReport({ steps, errors }: Preview, args: ReportArgs): StackReport {
  const { stack, tier } = args;
  const changes = steps.flatMap(toChange);
  const report = { stack, tier, dataLoss: findDataLoss(steps), changes };
  const said = errors.map(withoutSecrets);
  if (said.length > 0) return { ...report, errors: said, notes: [] };
  const before = steps.flatMap((step) => step.before ?? []);
  const after = steps.flatMap((step) => step.after ?? []);
  const [old, young] = [connectionsOf(before), connectionsOf(after)];
  const capacity = { before: reservedBy(before), after: reservedBy(after) };
  return {
    ...report,
    policies: judge(before, after, args),
    connections: { opened: without(young, old), closed: without(old, young) },
    capacity,
    ...costOf(capacity, args.prices),
    errors: [],
    notes: [],
  };
}

function toChange({ action, object, before, after, replacedFor, changedPaths }: Step): ObjectChange[] {
  if (action === "keep") return [];
  const properties = before && after ? diffProperties(before, after, changedPaths) : [];
  return [{ action, object, replacedFor, properties }];
}

function judge(before: readonly KubeManifest[], after: readonly KubeManifest[], args: ReportArgs): PolicyResults {
  const [old, young] = [before, after].map((manifests) =>
    evaluate(new Stack(manifests.map((manifest) => new KubeObject(manifest))), args),
  );
  const known = new Set(old?.violations.map(({ rule, message }) => `${rule} ${message}`));
  return {
    violations: (young?.violations ?? []).map(({ rule, message, level }) => ({
      rule,
      message: withoutSecrets(message),
      level,
      isNew: !known.has(`${rule} ${message}`),
    })),
    waivers: (young?.waivers ?? []).map(describeWaiver),
  };
}

function costOf({ before, after }: { before: Capacity; after: Capacity }, prices: Prices | undefined) {
  if (prices === undefined) return {};
  const { currency } = prices;
  return { cost: { currency, before: monthlyCost(before, prices), after: monthlyCost(after, prices) } };
}
