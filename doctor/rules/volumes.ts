import { list, type SeenObject } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { nameOf, subjectOf } from "../workloads.ts";
import { logOf, oneLine, type PodRule } from "./pod-troubles.ts";

/** Part of a volume above which it counts as full. */
const FULL = 0.95;

/** Claims without a volume. */
export const unboundClaims: Rule = (facts) =>
  list(facts, "PersistentVolumeClaim").flatMap((claim): Finding[] => {
    const { phase } = claim.status ?? {};
    const about = subjectOf("PersistentVolumeClaim", claim);
    const storageClass = claim.spec?.storageClassName;
    const base = { rule: "unbound-claim", about, stage: "failure", severity: "failing" } as const;
    const next = `${facts.target.kubectl} describe pvc ${about.name} -n ${about.namespace ?? ""}`;
    if (phase === "Lost") {
      const evidence = [`its volume ${claim.spec?.volumeName ?? ""} is not there any more`];
      return [{ ...base, says: `${nameOf(about, facts)} has lost its volume.`, evidence, next }];
    }
    if (phase !== "Pending") return [];
    const classes = list(facts, "StorageClass");
    const known =
      facts.objects.StorageClass === undefined
        ? undefined
        : classes.find(({ metadata }) => metadata?.name === storageClass);
    const told = list(facts, "Event")
      .filter(
        ({ involvedObject }) => involvedObject?.kind === "PersistentVolumeClaim" && involvedObject.name === about.name,
      )
      .map(({ reason = "", message = "" }) => `${reason}: ${oneLine(message)}`);
    if (storageClass && facts.objects.StorageClass !== undefined && known === undefined) {
      const names = classes.map(({ metadata }) => metadata?.name ?? "").join(", ");
      return [
        {
          ...base,
          says: `${nameOf(about, facts)} gets no volume: the cluster has no storage class "${storageClass}".`,
          evidence: [`storage classes of the cluster: ${names || "none"}`, ...told.slice(-1)],
          next: "Name one of them as storage.class in the configuration, or leave it out for the cluster's default.",
        },
      ];
    }
    // It waits for its first pod, which is how such classes work.
    if (
      known?.volumeBindingMode === "WaitForFirstConsumer" &&
      !told.some((text) => text.startsWith("ProvisioningFailed"))
    )
      return [];
    const why = storageClass ? "" : ": it names no storage class, and the cluster has no default one";
    return [
      {
        ...base,
        says: `${nameOf(about, facts)} gets no volume${why}.`,
        evidence: [`it is Pending`, ...told.slice(-1)],
        next,
      },
    ];
  });

/** Volumes on which hardly anything fits any more. */
export const fullVolumes: Rule = (facts) =>
  (facts.volumes ?? []).flatMap(({ namespace, claim, usedBytes, capacityBytes }): Finding[] => {
    if (capacityBytes <= 0 || usedBytes / capacityBytes < FULL) return [];
    const about = { kind: "PersistentVolumeClaim", namespace, name: claim };
    const percent = Math.round((usedBytes / capacityBytes) * 100);
    return [
      {
        rule: "full-volume",
        about,
        stage: "failure",
        severity: percent >= 99 ? "failing" : "warning",
        says: `The volume of ${nameOf(about, facts)} is ${percent} % full.`,
        evidence: [`${usedBytes} of ${capacityBytes} bytes are used`],
        next: "Raise storage.size of it in the configuration, or remove what is not needed.",
      },
    ];
  });

/** Programs that say that their disk is full. */
const NO_SPACE = /no space left on device|disk (is )?full|MISCONF Redis is configured to save/i;

/** Logs that tell of a full volume, also where nobody measures it. */
export const fullDisksInLogs: Rule = (facts) =>
  facts.logs.flatMap(({ namespace, pod, container, lines }): Finding[] => {
    const line = lines.findLast((text) => NO_SPACE.test(text));
    const found = line === undefined ? undefined : list(facts, "Pod").find((entry) => isIt(entry, namespace, pod));
    const name = found === undefined ? undefined : claimOf(found);
    if (line === undefined || name === undefined) return [];
    const about = { kind: "PersistentVolumeClaim", namespace, name };
    return [
      {
        rule: "full-disk",
        about,
        stage: "failure",
        severity: "failing",
        says: `The volume of ${nameOf(about, facts)} is full.`,
        evidence: [`Pod ${pod}, container ${container}: ${oneLine(line)}`],
        next: "Raise storage.size of it in the configuration, or remove what is not needed.",
      },
    ];
  });

/** A pod without a volume that lasts says that its disk is full: it has filled /tmp. */
export const temporaryVolumeTrouble: PodRule = (pod, facts) => {
  const line = logOf(facts, pod).findLast((text) => NO_SPACE.test(text));
  if (line === undefined || claimOf(pod) !== undefined) return undefined;
  return {
    rule: "full-temporary-volume",
    stage: "failure",
    severity: "failing",
    says: `has no space left on a temporary volume: ${oneLine(line)}`,
    seen: `its log: ${oneLine(line)}`,
    next: "Ask for a volume in the configuration, or write less to /tmp.",
  };
};

function claimOf({ spec }: SeenObject<"Pod">): string | undefined {
  const claims = (spec?.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
  return claims.find((name) => name !== undefined);
}

function isIt({ metadata }: SeenObject<"Pod">, namespace: string, name: string): boolean {
  return metadata?.namespace === namespace && metadata.name === name;
}
