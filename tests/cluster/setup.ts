import { fileBegins, fileEnds, forgetFiles } from "./running-files.ts";

/** What each worker does before the first test of a file and after its last one. */
export const mochaHooks = { beforeAll: fileBegins, afterAll: fileEnds };

/** What mocha does after the last test. */
export const mochaGlobalTeardown = forgetFiles;

/**
 * What mocha does before the first test: brings up what the tests of the layer share or own, where it is not up yet, and
 * loads the images of environments that tests bring up themselves. What killed runs left goes.
 */
export async function mochaGlobalSetup(): Promise<void> {
  // Each worker loads this file too, and needs nothing of what follows.
  const { removeAbandonedServices } = await import("./service-on-pods.ts");
  const { OwnEnvironment } = await import("./own-environment.ts");
  const { IMAGES } = await import("../../spec/index.ts");
  const { stack } = await import("./stack.ts");
  const { terrarium } = await import("./terrarium.ts");
  const inPreviews = [IMAGES.node.image, IMAGES.git.image, IMAGES.postgres17.image];
  const started = performance.now();
  await removeAbandonedServices();
  await Promise.all([
    ...OwnEnvironment.all().map((environment) => environment.up()),
    terrarium(stack, "images", ...inPreviews),
  ]);
  console.log(`cluster: environments of the tests up in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
