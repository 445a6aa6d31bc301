import { when, type ObjectRule } from "./rule.ts";

/** Kinds that are in a namespace even where none is named, by API group. */
const NAMESPACED: Readonly<Record<string, readonly string[]>> = {
  "": [
    "ConfigMap",
    "LimitRange",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
  ],
  apps: ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
  autoscaling: ["HorizontalPodAutoscaler"],
  batch: ["CronJob", "Job"],
  "networking.k8s.io": ["Ingress", "NetworkPolicy"],
  policy: ["PodDisruptionBudget"],
  "rbac.authorization.k8s.io": ["Role", "RoleBinding"],
};

/** Rules about where objects are. */
export const namespaceRules: readonly ObjectRule[] = [
  {
    name: "no-default-namespace",
    title: "Objects have a namespace of their own.",
    why: "The namespace “default” is everybody's: no policy, quota or role there is for one application alone, and nothing can be removed with it.",
    fix: "Name a namespace that is made for them",
    check: (object) => {
      const isMissing = object.namespace.isMissing && NAMESPACED[object.group]?.includes(object.kind) === true;
      const problem = isMissing ? "is missing, which means default" : "is default";
      return when(isMissing || object.namespace.text === "default", object.namespace, problem);
    },
  },
];
