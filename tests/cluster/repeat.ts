/**
 * Runs the tests on real pods again and again on one stack, and shows how each run went.
 *
 * Usage: npm run cluster-repeat [-- RUNS], 10 unless told otherwise
 */
import { formatTable } from "../../cli/table.ts";
import { type LayerResult, onStack, runTests } from "./layer.ts";

const wanted = Number(process.argv[2] ?? 10);
if (!Number.isInteger(wanted) || wanted < 1) {
  throw new Error(`The number of runs is "${process.argv[2]}". It must be a whole number above 0.`);
}

function toRow(result: LayerResult, index: number): string[] {
  const { passed, failed, milliseconds, failures } = result;
  const seconds = milliseconds / 1000;
  const average = seconds / Math.max(1, passed + failed);
  return [
    String(index + 1),
    ...[passed, failed].map(String),
    seconds.toFixed(1),
    average.toFixed(2),
    failures.join("; "),
  ];
}

process.exitCode = await onStack(async (checkout) => {
  const results: LayerResult[] = [];
  while (results.length < wanted) results.push(await runTests(checkout));
  console.log(`\n${formatTable(["RUN", "PASSED", "FAILED", "SECONDS", "A TEST", "FAILURES"], results.map(toRow))}`);
  const good = results.filter(({ code }) => code === 0).length;
  console.log(`${wanted} runs: ${good} passed, ${wanted - good} failed`);
  return good === wanted ? 0 : 1;
});
