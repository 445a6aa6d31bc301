import type { Tier } from "../spec/tiers.ts";
import type { Field } from "./field.ts";
import type { KubeObject } from "./kube-object.ts";
import { podOf, type Container, type Pod } from "./pod.ts";
import type { Stack } from "./stack.ts";

/** One place that a rule objects to. */
export interface Finding {
  readonly at: Field;
  /** What is wrong there, to be read after the path, e.g. "is missing". */
  readonly problem: string;
}

/** A finding in one of many objects. */
export interface StackFinding extends Finding {
  readonly object: KubeObject;
}

/** What a rule may be told by the pack's configuration. */
export interface Setting {
  readonly description: string;
  readonly default: number | readonly string[];
}

/** What a rule knows beyond the objects. */
export interface Context {
  readonly tier: Tier;
  /** A setting that is a list of texts. */
  readonly list: (name: string) => readonly string[];
  /** A setting that is a number. */
  readonly number: (name: string) => number;
}

interface RuleText {
  /** Kebab-case; the policy's name, and what waivers name. */
  readonly name: string;
  /** What has to hold, as a sentence. */
  readonly title: string;
  /** Why it matters, for the reference. */
  readonly why: string;
  /** What to do about a finding, as a sentence without its full stop. */
  readonly fix: string;
  /** Tiers in which it holds. @default all */
  readonly tiers?: readonly Tier[];
  /** Set where it only ever advises. @default advice in dev, mandatory elsewhere */
  readonly level?: "advisory";
  /** @default none */
  readonly settings?: Readonly<Record<string, Setting>>;
}

/** A rule that looks at one object alone. */
export interface ObjectRule extends RuleText {
  readonly check: (object: KubeObject, context: Context) => readonly Finding[];
}

/** A rule that compares objects with each other. */
export interface StackRule extends RuleText {
  readonly checkStack: (stack: Stack, context: Context) => readonly StackFinding[];
}

/** Something that Kubernetes objects have to fulfil. */
export type Rule = ObjectRule | StackRule;

/** Makes a rule about pods and the templates of workloads and jobs. */
export function podRule(text: RuleText, check: (pod: Pod, context: Context) => readonly Finding[]): ObjectRule {
  return {
    ...text,
    check: (object, context) => {
      const pod = podOf(object);
      return pod === undefined ? [] : check(pod, context);
    },
  };
}

/** Makes a rule about each container of a pod, whatever it is for. */
export function containerRule(
  text: RuleText,
  check: (container: Container, pod: Pod, context: Context) => readonly Finding[],
): ObjectRule {
  return podRule(text, (pod, context) => pod.containers.flatMap((container) => check(container, pod, context)));
}

/** A finding, where there is one. */
export function when(isWrong: boolean, at: Field, problem: string): Finding[] {
  return isWrong ? [{ at, problem }] : [];
}

/** What a rule gets to know. @param given settings from the pack's configuration; others have their defaults. */
export function contextOf(rule: Rule, tier: Tier, given: Readonly<Record<string, unknown>> = {}): Context {
  const value = (name: string): unknown => given[name] ?? rule.settings?.[name]?.default;
  return {
    tier,
    list: (name) => (value(name) as readonly string[] | undefined) ?? [],
    number: (name) => Number(value(name)),
  };
}

/** What is wrong, where, and what to do about it. */
export function messageOf(rule: Rule, object: KubeObject, { at, problem }: Finding): string {
  return `${object.toString()}: ${at.path === "" ? "it" : at.path} ${problem}. ${rule.fix}.`;
}
