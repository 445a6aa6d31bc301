/** What mocha does before the first test: brings up what the tests of the layer share or own, where it is not up yet. */
export async function mochaGlobalSetup(): Promise<void> {
  // Each worker loads this file too, and needs nothing of what follows.
  const { OwnEnvironment } = await import("./own-environment.ts");
  const started = performance.now();
  await Promise.all(OwnEnvironment.all().map((environment) => environment.up()));
  console.log(`cluster: environments of the tests up in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
