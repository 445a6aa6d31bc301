import { type Facts, list } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { nameOf, subjectOf, type Workload, workloadsOf } from "../workloads.ts";
import { NEEDS } from "./containers.ts";
import { logOf, oneLine } from "./pod-troubles.ts";

/** Jobs that gave up, and those whose pods fail again and again. */
export const failedJobs: Rule = (facts) => {
  const workloads = workloadsOf(facts);
  return list(facts, "Job").flatMap((job): Finding[] => {
    const about = subjectOf("Job", job);
    const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
    const failures = job.status?.failed ?? 0;
    const isDone = (job.status?.succeeded ?? 0) > 0;
    if (failed === undefined && (isDone || failures === 0)) return [];
    const isMigration = job.metadata?.labels?.["app.kubernetes.io/component"] === "migration";
    const workload = workloads.find(
      ({ subject }) => subject.kind === "Job" && subject.name === about.name && subject.namespace === about.namespace,
    );
    const why =
      failed?.reason === "DeadlineExceeded" ? "it took longer than it may" : `its pods fail (${failures} so far)`;
    const log = lastLines(facts, workload);
    return [
      {
        rule: isMigration ? "failed-migration" : "failed-job",
        about,
        stage: "failure",
        severity: isMigration || failed === undefined ? "failing" : "warning",
        says: `${isMigration ? "Migration" : "Job"} ${nameOf(about, facts).replace(/^Job /, "")} ${failed ? "has failed" : "fails"}: ${log.at(-1) ?? why}`,
        evidence: [`${failed?.reason ?? "Failed"}: ${oneLine(failed?.message ?? why)}`, ...log],
        next: `${facts.target.kubectl} logs job/${about.name} -n ${about.namespace ?? ""}; correct what it says, then ${facts.target.repair}`,
        follows: NEEDS,
      },
    ];
  });
};

function lastLines(facts: Facts, workload: Workload | undefined): string[] {
  const failed = workload?.pods.filter(({ status }) => status?.phase === "Failed") ?? [];
  const ended = failed.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name = "", state }) =>
      state?.terminated ? [`container ${name} ended with exit code ${state.terminated.exitCode ?? "unknown"}`] : [],
    ),
  );
  const lines = failed.flatMap((pod) => logOf(facts, pod)).filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /error|fatal|fail|cannot|refus|denied/i.test(line));
  return [...ended.slice(-1), ...(telling.length > 0 ? telling : lines).slice(-2).map(oneLine)];
}
