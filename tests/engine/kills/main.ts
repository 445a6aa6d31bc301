/**
 * Kills the platform service, an operation's process, its engine and its provider at each step of create, update and destroy, one
 * by one, and prints what each left behind and what became of it as a table in Markdown. Ends with 1 where anything is not as
 * wanted at last.
 *
 * Usage: npm run platform-kills
 */
import { table } from "../../../spec/markdown.ts";
import { type Action, type KillCase, killsOf } from "./cases.ts";
import { Killer } from "./run.ts";

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
      const end = next.action === "destroy" ? "gone" : "Ready";
      const became = `${end} after ${result.seconds.toFixed(1)} s, ${result.operations} operations`;
      rows.set(next, [next.action, step, point.target, result.left, became]);
    }
  }
  problems.push(...(await killer.end()));
} finally {
  await killer.remove();
}
const inOrder = kills.flat().map((each) => rows.get(each) ?? []);
console.log(table(["Action", "Step", "Killed", "Left behind", "Then"], inOrder));
for (const problem of problems) console.log(`problem: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
