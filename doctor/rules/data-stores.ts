import { type Facts, list } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { nameOf, type Workload, workloadsOf } from "../workloads.ts";
import { oneLine } from "./pod-troubles.ts";

interface Sign {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly says: (match: RegExpExecArray, store: string) => string;
  readonly next: string;
}

/** What the logs of data stores say when they refuse their clients. */
const SIGNS: readonly Sign[] = [
  {
    rule: "login-refused",
    pattern: /FATAL: +password authentication failed for user "([^"]*)"/,
    says: ([, user = ""], store) =>
      `${store} refuses the password of user ${user}: it is not the one that its clients have.`,
    next: "Raise passwordRotation of it in the configuration by one, then bring the stack up: role and clients get one new password.",
  },
  {
    rule: "missing-role",
    pattern: /FATAL: +(role|database) "([^"]*)" does not exist/,
    says: ([, what = "", name = ""], store) => `${store} has no ${what} "${name}", which its clients ask for.`,
    next: "Bring the stack up: the data store's own container creates it.",
  },
  {
    rule: "too-many-connections",
    pattern: /FATAL: +too many connections for (role|database) "([^"]*)"/,
    says: ([, what = "", name = ""], store) =>
      `${store} takes no more connections of ${what} ${name}: all that it may have are in use.`,
    next: "Lower the size of its clients' pools, or see who holds connections that it does not use: pg_stat_activity.",
  },
  {
    rule: "too-many-connections",
    pattern: /FATAL: +(sorry, too many clients already|remaining connection slots are reserved)/,
    says: (_, store) => `${store} takes no more connections: all are in use.`,
    next: "Raise maxConnections of it in the configuration, or lower the size of its clients' pools.",
  },
];

/** Data stores that refuse their clients, as their logs of the last minutes tell: the last refusal counts. */
export const refusingDataStores: Rule = (facts) =>
  workloadsOf(facts).flatMap((workload): Finding[] => {
    const refusal = lastRefusal(linesOf(facts, workload));
    if (refusal === undefined) return [];
    const { sign, match, line } = refusal;
    return [
      {
        rule: sign.rule,
        about: workload.subject,
        stage: "failure",
        severity: isFelt(facts) ? "failing" : "warning",
        says: sign.says(match, nameOf(workload.subject, facts)),
        evidence: [`its log: ${oneLine(line)}`],
        next: sign.next,
      },
    ];
  });

/** Whether anything lacks what it needs: a log tells of a refusal for a while after what it came from was mended. */
function isFelt(facts: Facts): boolean {
  const isLacking = workloadsOf(facts).some(({ desired = 0, ready }) => ready < desired);
  return isLacking || list(facts, "Job").some(({ status }) => status?.failed && !status.succeeded);
}

function lastRefusal(lines: readonly string[]) {
  for (const line of lines.toReversed()) {
    for (const sign of SIGNS) {
      const match = sign.pattern.exec(line);
      if (match !== null) return { sign, match, line };
    }
  }
  return undefined;
}

function linesOf(facts: Facts, { labels, pods }: Workload): string[] {
  if (labels["app.kubernetes.io/component"] !== "database") return [];
  const names = pods.map(({ metadata }) => metadata?.name);
  return facts.logs.filter(({ pod }) => names.includes(pod)).flatMap(({ lines }) => lines);
}
