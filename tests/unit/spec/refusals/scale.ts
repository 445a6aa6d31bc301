import { withService, type Refusal } from "../environments.ts";

/** Numbers of pods. */
export const scale: readonly Refusal[] = [
  {
    what: "fewer than three replicas in prod",
    input: withService({ replicas: 2 }, { tier: "prod" }),
    error: ["services.api.replicas: got 2, expected at least 3 in tier prod"],
  },
  {
    what: "no replicas in staging",
    input: withService({ replicas: 0 }, { tier: "staging" }),
    error: ["services.api.replicas: got 0, expected at least 1 in tier staging"],
  },
  {
    what: "a negative number of replicas",
    input: withService({ replicas: -1 }),
    error: ["services.api.replicas: got -1, expected a whole number from 0 to 1000"],
  },
  {
    what: "an autoscaler that may go below its tier",
    input: withService({ scaling: { minReplicas: 1, maxReplicas: 5 } }, { tier: "prod" }),
    error: ["services.api.scaling.minReplicas: got 1, expected at least 3 in tier prod"],
  },
  {
    what: "an autoscaler whose maximum is below its minimum",
    input: withService({ scaling: { minReplicas: 4, maxReplicas: 3 } }),
    error: ["services.api.scaling.maxReplicas: got 3, expected at least scaling.minReplicas, 4"],
  },
  {
    what: "an autoscaler whose maximum is below the replicas",
    input: withService({ scaling: { maxReplicas: 2 } }, { tier: "prod" }),
    error: ["services.api.scaling.maxReplicas: got 2, expected at least replicas, 3"],
  },
  {
    what: "an autoscaler that starts from nothing",
    input: withService({ replicas: 0, scaling: { maxReplicas: 2 } }),
    error: ["services.api.replicas: got 0, expected at least 1 where scaling is set"],
  },
  {
    what: "an autoscaler without a maximum",
    input: withService({ scaling: { minReplicas: 1 } }),
    error: ["services.api.scaling.maxReplicas: got nothing, expected a whole number from 1 to 1000"],
  },
  {
    what: "a rollout that can't proceed",
    input: withService({ rollout: { maxUnavailable: 0, maxSurge: 0 } }),
    error: [
      "services.api.rollout: got maxUnavailable 0 and maxSurge 0, expected one of them above 0, else no update can proceed",
    ],
  },
];
