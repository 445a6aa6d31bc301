type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const KEY = "(?:[A-Za-z0-9][-A-Za-z0-9_./]*)";
const VALUE = "(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?";

/** Forms of one requirement, as kubectl reads them. */
const FORMS: readonly [pattern: RegExp, toRequirement: (key: string, values: readonly string[]) => Requirement][] = [
  [new RegExp(`^(${KEY})\\s*==?\\s*(${VALUE})$`), isOneOf],
  [new RegExp(`^(${KEY})\\s*!=\\s*(${VALUE})$`), isNoneOf],
  [new RegExp(`^(${KEY})\\s+in\\s*\\(([^()]*)\\)$`), isOneOf],
  [new RegExp(`^(${KEY})\\s+notin\\s*\\(([^()]*)\\)$`), isNoneOf],
  [new RegExp(`^(${KEY})$`), (key) => (labels) => Object.hasOwn(labels, key)],
  [new RegExp(`^!\\s*(${KEY})$`), (key) => (labels) => !Object.hasOwn(labels, key)],
];

/**
 * Reads a selector of labels as kubectl does: requirements with commas between them, all of which must hold.
 *
 * @returns what tells whether labels match; undefined where the text is no selector.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function parseLabelSelector(text: string): Requirement | undefined {
  // Commas within parentheses are between values.
  const parts = text.split(/,(?![^()]*\))/).map((part) => part.trim());
  if (parts.length === 1 && parts[0] === "") return () => true;
  const requirements = parts.map(toRequirement);
  return requirements.every((requirement) => requirement !== undefined)
    ? (labels) => requirements.every((requirement) => requirement(labels))
    : undefined;
}

function toRequirement(part: string): Requirement | undefined {
  for (const [pattern, requirement] of FORMS) {
    const [, key, values = ""] = pattern.exec(part) ?? [];
    const read = values.split(",").map((value) => value.trim());
    if (key !== undefined)
      return read.every((value) => new RegExp(`^${VALUE}$`).test(value)) ? requirement(key, read) : undefined;
  }
  return undefined;
}

function isOneOf(key: string, values: readonly string[]): Requirement {
  return (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? "");
}

/** Objects without the label match as well, as in Kubernetes. */
function isNoneOf(key: string, values: readonly string[]): Requirement {
  const isOne = isOneOf(key, values);
  return (labels) => !isOne(labels);
}
