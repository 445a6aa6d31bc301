/**
 * Stacks that the integration tests of a stack bring up beside it, for tests that end or change what runs. They stay
 * between runs, and `cleanup-dev` of their stack removes them.
 */

/** Name of one of them. */
export function testStackName(stack: string, name: string): string {
  return `${stack}-tests-${name}`;
}

/** Those of a stack among the stacks of a checkout. */
export function testStacksOf(stack: string, stacks: readonly string[]): string[] {
  return stacks.filter((name) => name.startsWith(testStackName(stack, "")));
}
