import type { Field } from "./field.ts";
import type { KubeObject } from "./kube-object.ts";

/** What a container is for. A sidecar is an init container that goes on running. */
export type ContainerRole = "init" | "sidecar" | "main" | "ephemeral";

/** A container of a pod. */
export interface Container {
  readonly field: Field;
  readonly role: ContainerRole;
}

/** A pod, or the template from which a workload or job makes pods. */
export interface Pod {
  readonly object: KubeObject;
  readonly metadata: Field;
  readonly spec: Field;
  /** All of its containers, in the order in which they start. */
  readonly containers: readonly Container[];
  /** Whether its main containers are meant to run until they are told to end. */
  readonly isLongRunning: boolean;
}

/** Where each kind has its template, and whether its pods run on. */
const KINDS: Readonly<Record<string, { readonly path: readonly string[]; readonly isLongRunning: boolean }>> = {
  "/Pod": { path: [], isLongRunning: true },
  "/PodTemplate": { path: ["template"], isLongRunning: true },
  "/ReplicationController": { path: ["spec", "template"], isLongRunning: true },
  "apps/Deployment": { path: ["spec", "template"], isLongRunning: true },
  "apps/StatefulSet": { path: ["spec", "template"], isLongRunning: true },
  "apps/DaemonSet": { path: ["spec", "template"], isLongRunning: true },
  "apps/ReplicaSet": { path: ["spec", "template"], isLongRunning: true },
  "batch/Job": { path: ["spec", "template"], isLongRunning: false },
  "batch/CronJob": { path: ["spec", "jobTemplate", "spec", "template"], isLongRunning: false },
};

/** The pod that an object is or makes; undefined for all other kinds, and for parts of somebody else's object. */
export function podOf(object: KubeObject): Pod | undefined {
  const kind = KINDS[`${object.group}/${object.kind}`];
  if (kind === undefined || object.isPatch) return undefined;
  const template = object.root.at(...kind.path);
  const spec = template.at("spec");
  return {
    object,
    metadata: template.at("metadata"),
    spec,
    containers: [
      ...spec.at("initContainers").items.map((field): Container => ({
        field,
        role: field.at("restartPolicy").text === "Always" ? "sidecar" : "init",
      })),
      ...spec.at("containers").items.map((field): Container => ({ field, role: "main" })),
      ...spec.at("ephemeralContainers").items.map((field): Container => ({ field, role: "ephemeral" })),
    ],
    isLongRunning: kind.isLongRunning && spec.at("restartPolicy").mayBe("Always", undefined, null),
  };
}
