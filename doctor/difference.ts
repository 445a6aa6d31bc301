/** A value that is not as wanted. */
export interface Difference {
  /** For example spec.replicas. */
  readonly path: string;
  readonly wanted: string;
  readonly found: string;
}

/** How a difference shows a value that is not there. */
export const NOT_THERE = "not there";
/** Marks a value in the state that only the stack's key opens. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
/** What the API server and controllers write by themselves, and what the engine keeps for itself. */
const NOT_COMPARED = new Set(["apiVersion", "kind", "status", "metadata", "data", "stringData"]);

/**
 * Where an object is not as wanted. What only the object has was set by others and is theirs; of a list, elements are compared
 * by name where they have one. Values that are kept secret are not compared.
 *
 * @param wanted the engine's inputs.
 */
export function differences(wanted: unknown, live: unknown): Difference[] {
  const all = entries(wanted).filter(([key, value]) => !NOT_COMPARED.has(key) || (key === "data" && !isSecret(value)));
  const labels = (entries(wanted).find(([key]) => key === "metadata")?.[1] ?? {}) as { labels?: unknown };
  const own = live as Readonly<Record<string, unknown>>;
  return [
    ...all.flatMap(([key, value]) => compare(key, value, own[key])),
    ...compare("metadata.labels", labels.labels, (own["metadata"] as { labels?: unknown } | undefined)?.labels),
  ];
}

function compare(path: string, wanted: unknown, found: unknown): Difference[] {
  if (wanted === undefined || wanted === null || isSecret(wanted)) return [];
  if (Array.isArray(wanted)) return compareLists(path, wanted, found);
  if (typeof wanted === "object") {
    // The API server leaves out what is empty.
    return entries(wanted).flatMap(([key, value]) =>
      compare(`${path}.${key}`, value, (found as Record<string, unknown> | undefined | null)?.[key]),
    );
  }
  return isSame(wanted, found) ? [] : [{ path, wanted: show(wanted), found: show(found) }];
}

function compareLists(path: string, wanted: readonly unknown[], found: unknown): Difference[] {
  const live = Array.isArray(found) ? (found as readonly unknown[]) : [];
  const named = wanted.every((element) => typeof nameIn(element) === "string");
  const differing = wanted.flatMap((element, index) => {
    const name = named ? nameIn(element) : undefined;
    const other = name === undefined ? live[index] : live.find((candidate) => nameIn(candidate) === name);
    const place = `${path}[${typeof name === "string" ? name : index}]`;
    if (other === undefined) return [{ path: place, wanted: show(element), found: NOT_THERE }];
    return compare(place, element, other);
  });
  const more = live.length - wanted.length;
  return differing.length === 0 && more > 0
    ? [{ path, wanted: `${wanted.length} entries`, found: `${live.length} entries` }]
    : differing;
}

/** Numbers may be written as texts, and quantities in several ways. */
function isSame(wanted: unknown, found: unknown): boolean {
  if (wanted === found || String(wanted) === String(found)) return true;
  // The API server leaves out what is nothing.
  return found === undefined && (wanted === false || wanted === 0 || wanted === "");
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && SECRET_MARK in value;
}

function nameIn(element: unknown): unknown {
  return typeof element === "object" && element !== null && "name" in element ? element.name : undefined;
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function show(value: unknown): string {
  if (value === undefined) return NOT_THERE;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
