import type { Finding, Rule, Subject } from "../finding.ts";
import { nameOf, workloadsOf } from "../workloads.ts";
import { NEEDS } from "./containers.ts";
import { oneLine } from "./pod-troubles.ts";

/** Pods that Prometheus can't read, one finding for each service. */
export const downTargets: Rule = (facts) => {
  const services = [...new Set((facts.downTargets ?? []).map(({ service }) => service))];
  return services.map((service): Finding => {
    const down = (facts.downTargets ?? []).filter((target) => target.service === service);
    const about = workloadNamed(facts, service);
    return {
      rule: "target-down",
      about,
      stage: "symptom",
      severity: "warning",
      says: `Prometheus can't read the metrics of ${nameOf(about, facts)}: ${oneLine(down[0]?.error ?? "")}.`,
      evidence: down.slice(0, 3).map(({ pod, error }) => `Pod ${pod}: ${oneLine(error)}`),
      next: `See that metrics.port of ${service} in the configuration is the port that serves them.`,
      follows: [...NEEDS, "runs-on"],
    };
  });
};

/** Alerts that fire. */
export const firingAlerts: Rule = (facts) =>
  (facts.alerts ?? []).map(({ name, service, summary, severity }): Finding => ({
    rule: `alert-${name}`,
    about: service === undefined ? { kind: "Alert", name } : workloadNamed(facts, service),
    stage: "effect",
    severity: severity === "critical" ? "failing" : "warning",
    says: `Alert ${name} fires: ${oneLine(summary)}.`,
    evidence: [`Prometheus reports it, severity ${severity}`],
    next: "Look at the service's dashboard in Grafana.",
    follows: [...NEEDS, "runs-on", "limited-by", "placed-on"],
  }));

function workloadNamed(facts: Parameters<Rule>[0], name: string): Subject {
  const found = workloadsOf(facts).find(({ subject }) => subject.name === name);
  return found?.subject ?? { kind: "Service", namespace: facts.target.name, name };
}
