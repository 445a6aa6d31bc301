import { Checkout } from "./checkout.ts";

let created: Checkout | undefined;

/** The checkout whose simulated cluster all tests of this layer share; stack "dev" is up when they start. */
export function sharedCheckout(): Checkout {
  if (!created)
    throw new Error("the shared checkout is made by mochaGlobalSetup; run mocha with tests/engine/.mocharc.json");
  return created;
}

/** Brings the shared checkout up: tools, cluster and the dev stack. */
export async function mochaGlobalSetup(): Promise<void> {
  await Checkout.removeAbandoned();
  created = await Checkout.create();
  try {
    await created.must(["up", "--stack", "dev", "--cluster", "simulated", "-o", "json"]);
  } catch (error) {
    // Mocha takes down only what was set up, and waits for whatever still runs.
    await mochaGlobalTeardown();
    throw error;
  }
}

/** Takes every stack that a test left, every cluster and folder down. */
export async function mochaGlobalTeardown(): Promise<void> {
  await created?.removeEverything();
  created = undefined;
  // Where the time of a hook was over before it knew what it had made.
  await Checkout.removeAbandoned((pid) => pid === process.pid);
}
