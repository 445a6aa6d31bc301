/**
 * Lets many environments be created, changed and deleted while the platform service, the API server and providers are killed,
 * then looks whether all is as wanted and nothing is left over. Ends with 1 where not.
 *
 * Usage: npm run platform-chaos -- [--seed N] [--environments N] [--kills N] [--api-restarts N] [--provider-crashes N]
 *   [--remove-lease]
 */
import { parseArgs } from "node:util";
import { runChaos } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    environments: { type: "string", default: "100" },
    kills: { type: "string", default: "30" },
    "api-restarts": { type: "string", default: "3" },
    "provider-crashes": { type: "string", default: "10" },
    "remove-lease": { type: "boolean", default: false },
  },
});
const options = {
  seed: wholeNumber("seed"),
  environments: wholeNumber("environments"),
  kills: wholeNumber("kills"),
  apiRestarts: wholeNumber("api-restarts"),
  providerCrashes: wholeNumber("provider-crashes"),
  keepLease: !values["remove-lease"],
};
console.log(`seed ${options.seed}`);
const { problems, report } = await runChaos(options, (line) => {
  process.stderr.write(`${line}\n`);
});
console.log(`\n${report}`);
for (const problem of problems) console.log(`problem: ${problem}`);
console.log(`seed ${options.seed}: ${problems.length === 0 ? "all is well" : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function wholeNumber(option: Exclude<keyof typeof values, "remove-lease">): number {
  const number = Number(values[option]);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`--${option}: got "${values[option]}", expected a whole number from 0`);
}
