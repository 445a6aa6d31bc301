import type { Checkout } from "./checkout.ts";

/** The stack that {@link writeCompleteStack} writes. */
export const COMPLETE = "complete";

/** Writes a stack of tier prod with all of observability, also what none of the checkout's own stacks switches on. */
export function writeCompleteStack(checkout: Checkout): void {
  const on = { enabled: true };
  checkout.writeStack(COMPLETE, "prod", (config) => {
    config["terrarium:observability"] = {
      alertmanager: on,
      exporters: { kubeState: on, node: on, postgres: on, redis: on },
    };
  });
}
