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
    pattern: /FATAL: +(sorry, too many clients already|remaining connection slots are reserved)/,
    says: (_, store) => `${store} takes no more connections: all are in use.`,
    next: "Raise maxConnections of it in the configuration, or lower the size of its clients' pools.",
  },
];

/** Data stores that refuse their clients, as their logs of the last minutes tell. */
export const refusingDataStores: Rule = (facts) =>
  workloadsOf(facts).flatMap((workload): Finding[] => {
    const lines = linesOf(facts, workload);
    return SIGNS.flatMap(({ rule, pattern, says, next }) => {
      const line = lines.findLast((text) => pattern.test(text));
      const match = line === undefined ? null : pattern.exec(line);
      if (match === null || line === undefined) return [];
      return [
        {
          rule,
          about: workload.subject,
          stage: "failure" as const,
          severity: "failing" as const,
          says: says(match, nameOf(workload.subject, facts)),
          evidence: [`its log: ${oneLine(line)}`],
          next,
        },
      ];
    });
  });

function linesOf(facts: Parameters<Rule>[0], { labels, pods }: Workload): string[] {
  if (labels["app.kubernetes.io/component"] !== "database") return [];
  const names = pods.map(({ metadata }) => metadata?.name);
  return facts.logs.filter(({ pod }) => names.includes(pod)).flatMap(({ lines }) => lines);
}
