/** The layer of tests on real pods. */
import { onStack, runTests } from "./layer.ts";

process.exitCode = await onStack(async (checkout) => (await runTests(checkout)).code);
