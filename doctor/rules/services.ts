import { list } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { DNS } from "../relations.ts";
import { matches, nameOf, subjectOf } from "../workloads.ts";

/** Services that lead to no pod that takes traffic. */
export const servicesWithoutPods: Rule = (facts) =>
  // Who sleeps has no pods.
  facts.objects.Pod === undefined || facts.asleep
    ? []
    : list(facts, "Service").flatMap((service): Finding[] => {
        const about = subjectOf("Service", service);
        const { selector } = service.spec ?? {};
        if (selector === undefined || about.namespace === DNS.namespace) return [];
        const behind = list(facts, "Pod").filter(
          ({ metadata }) => metadata?.namespace === about.namespace && matches(selector, metadata?.labels ?? {}),
        );
        const ready = behind.filter(({ status }) =>
          status?.conditions?.some(({ type, status: holds }) => type === "Ready" && holds === "True"),
        );
        if (ready.length > 0) return [];
        const labels = Object.entries(selector).map(([key, value]) => `${key}=${value ?? ""}`);
        const evidence = [`it selects ${labels.join(", ")}: ${behind.length} pods, none ready`];
        const severity = "failing";
        if (behind.length === 0 && hasPodsByName(facts, about)) {
          return [
            {
              rule: "service-selector",
              about,
              stage: "failure",
              severity,
              says: `${nameOf(about, facts)} selects no pod: none has the labels ${labels.join(", ")}.`,
              evidence,
              next: facts.target.repair,
            },
          ];
        }
        return [
          {
            rule: "no-endpoints",
            about,
            stage: "symptom",
            severity,
            says: `${nameOf(about, facts)} leads nowhere: none of its pods is ready.`,
            evidence,
            next: `${facts.target.kubectl} get pods -l ${labels.join(",")} -n ${about.namespace ?? ""}`,
            follows: ["backed-by"],
          },
        ];
      });

function hasPodsByName(facts: Parameters<Rule>[0], { namespace, name }: Finding["about"]): boolean {
  return list(facts, "Pod").some(
    ({ metadata }) => metadata?.namespace === namespace && metadata?.labels?.["app.kubernetes.io/name"] === name,
  );
}
