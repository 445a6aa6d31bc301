import type { Rule } from "../finding.ts";
import { refusedPods } from "./admission.ts";
import { configurationTrouble, crashTrouble, startTrouble } from "./containers.ts";
import { refusingDataStores } from "./data-stores.ts";
import { blockedDns, dnsDown } from "./dns.ts";
import { drift } from "./drift.ts";
import { absence, previewConditions, unreadPods } from "./environment.ts";
import { evictionTrouble } from "./evictions.ts";
import { imageTrouble } from "./images.ts";
import { failedJobs } from "./jobs.ts";
import { initTrouble } from "./init-containers.ts";
import { memoryTrouble } from "./memory.ts";
import { nodeMemoryTrouble } from "./node-memory.ts";
import { blockedDrains, nodeTroubles } from "./nodes.ts";
import { downTargets, firingAlerts } from "./observability.ts";
import { platformTrouble } from "./platforms.ts";
import { podRule } from "./pod-troubles.ts";
import { readinessTrouble, silentNodeTrouble } from "./readiness.ts";
import { missingReferences } from "./references.ts";
import { unreachedRoutes } from "./routes.ts";
import { mountTrouble, schedulingTrouble } from "./scheduling.ts";
import { servicesWithoutPods } from "./services.ts";
import { stateTroubles } from "./state.ts";
import { stuckPods } from "./terminating.ts";
import { fullDisksInLogs, fullVolumes, temporaryVolumeTrouble, unboundClaims } from "./volumes.ts";
import { missingPods } from "./workloads.ts";

/** Everything that is looked for. */
export const RULES: readonly Rule[] = [
  absence,
  unreadPods,
  previewConditions,
  stateTroubles,
  drift,
  missingReferences,
  unboundClaims,
  fullVolumes,
  fullDisksInLogs,
  refusedPods,
  nodeTroubles,
  blockedDrains,
  dnsDown,
  blockedDns,
  // The first that knows a pod's trouble names it: from what keeps a pod from being placed to what keeps it from serving.
  podRule([
    evictionTrouble,
    silentNodeTrouble,
    schedulingTrouble,
    imageTrouble,
    configurationTrouble,
    platformTrouble,
    startTrouble,
    nodeMemoryTrouble,
    memoryTrouble,
    temporaryVolumeTrouble,
    crashTrouble,
    mountTrouble,
    initTrouble,
    readinessTrouble,
  ]),
  stuckPods,
  failedJobs,
  refusingDataStores,
  servicesWithoutPods,
  unreachedRoutes,
  missingPods,
  downTargets,
  firingAlerts,
];
