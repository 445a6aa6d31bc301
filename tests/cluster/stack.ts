import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { Forwards, type ForwardsFile } from "../../cli/forwards/index.ts";
import { resolveStack } from "../../cli/stack-validation.ts";
import { localPaths } from "../../clusters/local-paths.ts";

/** The checkout whose stack is tested, and the stack: set by `terrarium test-integration-dev`. */
export const checkout = resolve(process.env["TERRARIUM_TEST_CHECKOUT"] ?? join(import.meta.dirname, "../.."));
export const stack = process.env["TERRARIUM_TEST_STACK"] ?? "local";

/** The environment that tests share; none disrupts it. */
export const environment = resolveStack(checkout, stack);
/** Namespace of {@link environment}. */
export const namespace = environment.name;

/** The way to the stack. */
export const forwards = openForwards();

function openForwards(): ForwardsFile {
  const found = new Forwards(localPaths(checkout)).read();
  if (found?.stack !== stack) throw new Error(`The stack ${stack} is not up. Run: make bootstrap-dev`);
  return found;
}

/** A name that no other test has. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
