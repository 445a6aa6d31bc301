import type { Finding, Rule } from "../finding.ts";

/** The engine's state is locked, or an update was interrupted. */
export const stateTroubles: Rule = ({ target, locks = [], state }) => {
  const about = { kind: "Stack", name: target.stack ?? target.name };
  const held = locks.map((lock): Finding => {
    const base = { about, stage: "failure" } as const;
    switch (lock.verdict) {
      case "live":
        return {
          ...base,
          rule: "update-running",
          severity: "warning",
          says: `An update of ${about.name} runs: process ${lock.pid} has held its lock since ${lock.since}.`,
          evidence: [`lock ${lock.place}, of ${lock.owner}`],
          next: `Wait for it to end, or stop it: kill -INT ${lock.pid}`,
        };
      case "dead":
        return {
          ...base,
          rule: "dead-lock",
          severity: "failing",
          says: `An update of ${about.name} was killed and has left its lock: ${lock.proof}.`,
          evidence: [`lock ${lock.place}, of ${lock.owner}`],
          next: `${target.repair} (it removes the lock, and finishes what was begun)`,
        };
      case "unknown":
        return {
          ...base,
          rule: "unknown-lock",
          severity: "failing",
          says: `${about.name} is locked, and whether its owner lives can't be told from here: ${lock.reason}.`,
          evidence: [`lock ${lock.place}`],
          next: `When you are sure that no update runs: pulumi cancel --stack ${about.name}`,
        };
    }
  });
  const { pending = [] } = state ?? {};
  if (pending.length === 0 || locks.some(({ verdict }) => verdict === "live")) return held;
  const interrupted: Finding = {
    rule: "interrupted-update",
    about,
    stage: "symptom",
    severity: "failing",
    says: `An update of ${about.name} was interrupted: ${pending.length} of its steps are open.`,
    evidence: pending.slice(0, 3),
    next: target.repair,
  };
  return [...held, interrupted];
};
