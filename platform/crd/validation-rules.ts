/** A rule in CEL that the API server checks a value by: `rule` is true where the value, `self`, is allowed. */
export type ValidationRule = { readonly rule: string } & (
  | { readonly message: string }
  /** An expression that gives the message. */
  | { readonly messageExpression: string }
);

/** A text must match. */
export function patternRule(pattern: string, expected: string): ValidationRule {
  return {
    rule: matches("self", pattern),
    messageExpression: `"got " + ${shown("self")} + ${text(`, expected ${expected}`)}`,
  };
}

/**
 * A whole number must be within limits. The message does not show the number: to CEL its text could be of any length, which
 * is beyond the limits of a rule's cost.
 */
export function rangeRule(minimum: number, maximum: number, expected: string): ValidationRule {
  return { rule: `self >= ${minimum} && self <= ${maximum}`, message: `expected ${expected}` };
}

/** The keys of a map must match. The message shows one that does not. */
export function keysRule(pattern: string, expected: string): ValidationRule {
  const message = `"got " + ${shown("key")} + ${text(`, expected ${expected}`)}`;
  return {
    rule: `self.all(key, ${matches("key", pattern)})`,
    // A map has another order each time it is looked at: one look must do.
    messageExpression: `self.filter(key, !${matches("key", pattern)}).map(key, ${message})[0]`,
  };
}

/** A text must stay as it was when the object was created. */
export function immutableRule(): ValidationRule {
  const reason = ": it stays as it was created; delete the environment and create another";
  return {
    rule: "self == oldSelf",
    messageExpression: `"got " + ${shown("self")} + ", expected " + ${shown("oldSelf")} + ${text(reason)}`,
  };
}

function matches(value: string, pattern: string): string {
  return `${value}.matches(${text(pattern)})`;
}

/** A text as messages show it: see formatValue in spec/problem.ts. */
function shown(value: string): string {
  const quoted = `strings.quote(${value})`;
  return `(size(${quoted}) > 80 ? ${quoted}.substring(0, 77) + "..." : ${quoted})`;
}

/** A text in CEL, which reads it as JSON does. */
function text(of: string): string {
  return JSON.stringify(of);
}
