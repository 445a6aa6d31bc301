import type { Field } from "./field.ts";

/** What a label selector consists of. */
const PARTS = ["matchLabels", "matchExpressions"];

/**
 * Whether a map of labels, as a Service has it, may select these labels: what isn't known yet counts as fitting. An empty
 * one selects everything.
 */
export function mayMatchLabels(selector: Field, labels: Field): boolean {
  if (selector.isUnknown || labels.isUnknown) return true;
  return selector.entries.every(([key, wanted]) => wanted.isUnknown || labels.at(key).mayBe(wanted.value));
}

/**
 * Whether a label selector may select these labels: what isn't known yet counts as fitting. An empty one selects
 * everything.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
 */
export function maySelect(selector: Field, labels: Field): boolean {
  if (selector.isUnknown || labels.isUnknown) return true;
  return (
    mayMatchLabels(selector.at("matchLabels"), labels) &&
    selector.at("matchExpressions").items.every((expression) => mayFulfil(expression, labels))
  );
}

/** Whether a label selector selects whatever there is. False where that can't be known yet. */
export function selectsEverything(selector: Field): boolean {
  return maySelectEverything(selector) && !PARTS.some((part) => selector.at(part).isUnknown);
}

/** {@link selectsEverything}, where what isn't known yet counts as such a selector. */
export function maySelectEverything(selector: Field): boolean {
  return PARTS.every((part) => selector.at(part).entries.length + selector.at(part).items.length === 0);
}

function mayFulfil(expression: Field, labels: Field): boolean {
  const key = expression.at("key").text;
  if (key === undefined) return true;
  const label = labels.at(key);
  const values = expression.at("values");
  if (label.isUnknown || values.isUnknown) return true;
  const isListed = values.items.some((value) => value.mayBe(label.value));
  switch (expression.at("operator").text) {
    case "In":
      return !label.isMissing && isListed;
    case "NotIn":
      return label.isMissing || !values.items.some((value) => value.value === label.value);
    case "Exists":
      return !label.isMissing;
    case "DoesNotExist":
      return label.isMissing;
    case undefined:
    default:
      return true;
  }
}
