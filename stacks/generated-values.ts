import type { ExportedStack, StateResource } from "./pending-operations.ts";

/** The text that begins the types of generated values and of the provider that makes them. */
const GENERATED = ["random:", "pulumi:providers:random"];

/** The text that begins the types of what groups them: the stack itself and Terrarium's components. */
const GROUPS = ["pulumi:pulumi:Stack", "terrarium:"];

/** A state with the generated values of another one and nothing that exists outside of the state. */
export function generatedValuesOf(stack: ExportedStack): ExportedStack {
  const resources = (stack.deployment.resources ?? []).filter(({ type }) => isOneOf(type, [...GENERATED, ...GROUPS]));
  return { ...stack, deployment: { ...stack.deployment, resources, pending_operations: [] } };
}

/**
 * Takes generated values over from another state of the same stack.
 *
 * @returns undefined when the stack has them all.
 */
export function withGeneratedValuesOf(stack: ExportedStack, other: ExportedStack): ExportedStack | undefined {
  const own = stack.deployment.resources ?? [];
  const known = new Map(own.map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));
  const theirs = generatedValuesOf(other).deployment.resources ?? [];
  // A value is made anew where what it is made from has changed; it is encrypted differently each time it is saved.
  const isNews = ({ urn, type, inputs }: StateResource): boolean =>
    isOneOf(type, GENERATED) && !(known.has(urn) && known.get(urn) === JSON.stringify(inputs));
  const news = new Map(theirs.filter(isNews).map((resource) => [resource.urn, resource]));
  if (news.size === 0) return undefined;
  const kept = own.map((resource) => news.get(resource.urn) ?? resource);
  const resources = [...kept, ...theirs.filter(({ urn }) => !known.has(urn))];
  return { ...stack, deployment: { ...stack.deployment, resources } };
}

/** The value of a generated value. @param stack exported with its secrets in the clear. */
export function generatedValue(stack: ExportedStack, name: string): string | undefined {
  const found = (stack.deployment.resources ?? []).find(
    ({ type, urn }) => isOneOf(type, ["random:"]) && urn.endsWith(`::${name}`),
  );
  const { result } = (found?.outputs ?? {}) as { readonly result?: { readonly plaintext?: string } };
  return result?.plaintext === undefined ? undefined : (JSON.parse(result.plaintext) as string);
}

function isOneOf(type: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => type.startsWith(beginning));
}
