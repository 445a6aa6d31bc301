/**
 * Kills the platform service, an operation's process, its engine and its provider at each step of create, update and destroy, one
 * by one, and prints what each left behind and what became of it as a table in Markdown. Ends with 1 where anything is not as
 * wanted at last.
 *
 * Usage: npm run platform-kills
 */
import { table } from "../../../spec/markdown.ts";
import { type Action, type KillCase, killsOf } from "./cases.ts";
import { Killer, type KillResult } from "./run.ts";

const ACTIONS: readonly Action[] = ["create", "update", "destroy"];

const rows = new Map<KillCase, readonly string[]>();
const problems: string[] = [];
const kills = ACTIONS.map(killsOf);
const killer = await Killer.create();
try {
  // One environment after another goes through all three, so that each kill of an update follows one of a create.
  for (let round = 0; round < Math.max(...kills.map(({ length }) => length)); round++) {
    for (const [index, ofAction] of kills.entries()) {
      const next = ofAction[round % ofAction.length];
      if (next === undefined) continue;
      const name = `env-${round + 1}`;
      const { step, point } = next;
      process.stderr.write(`${name}: ${String(ACTIONS[index])}, ${step}, ${point.target}\n`);
      const result = await killer.run(name, next);
      problems.push(...result.problems.map((problem) => `${next.action}, ${step}, ${point.target}: ${problem}`));
      rows.set(next, toRow(next, result));
    }
  }
  problems.push(...(await killer.end()));
} finally {
  await killer.remove();
}
const head = ["Action", "Step", "Killed", "Locked", "Open", "In state", "In cluster", "Then", "Operations"];
console.log(
  table(
    head,
    kills.flat().map((each) => rows.get(each) ?? []),
  ),
);
for (const problem of problems) console.log(`problem: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function toRow({ action, step, point }: KillCase, result: KillResult): string[] {
  const { isLocked, open, inState, inCluster, seconds, operations } = result;
  const then = `${action === "destroy" ? "gone" : "Ready"} after ${seconds.toFixed(1)} s`;
  const counts = [open, inState ?? "none", inCluster].map(String);
  return [action, step, point.target, isLocked ? "yes" : "", ...counts, then, String(operations)];
}
