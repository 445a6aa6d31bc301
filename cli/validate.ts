import { stackNames } from "./project.ts";
import { Session } from "./session.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Checks the configuration of one stack, or of every stack of the checkout. Touches nothing.
 *
 * @throws UsageFailure with every problem of the first wrong stack.
 */
export function validate(surroundings: Surroundings, stack: string | undefined): void {
  for (const name of stack === undefined ? stackNames(surroundings.checkout) : [stack]) {
    const session = new Session(surroundings, name);
    surroundings.validate(session.file.stack);
    surroundings.stdout.write(`${name}: valid\n`);
  }
}
