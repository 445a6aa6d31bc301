import { parseImage } from "./image.ts";

/** Who a labelled object belongs to. */
export interface Identity {
  /** The service, data store or other part, e.g. "guestbook-backend". */
  readonly name: string;
  /** The environment, e.g. "guestbook-dev". */
  readonly instance: string;
  /** The application the environment runs, e.g. "guestbook". */
  readonly partOf: string;
  /** The role within the application, e.g. "backend", "database". */
  readonly component: string;
  /** Container image whose tag becomes the version label. */
  readonly image?: string;
}

/** Label that workloads, Services and disruption budgets select on beyond {@link selectorLabels}: see {@link workloadLabels}. */
export const WORKLOAD_LABEL = "terrarium.dev/workload";

/**
 * Labels that never change in an object's life; NetworkPolicies select on them.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function selectorLabels(identity: Pick<Identity, "name" | "instance">): Record<string, string> {
  return { "app.kubernetes.io/name": identity.name, "app.kubernetes.io/instance": identity.instance };
}

/**
 * Labels that workloads, Services and disruption budgets select on: one more than policies do, so that a canary pod can
 * stand in a service's place for policies without being adopted by its ReplicaSet or served traffic.
 */
export function workloadLabels(identity: Pick<Identity, "name" | "instance">): Record<string, string> {
  return { ...selectorLabels(identity), [WORKLOAD_LABEL]: identity.name };
}

/** Label of all pods that Terrarium made, whatever their environment. */
export const OWN_PODS = { "app.kubernetes.io/managed-by": "terrarium" } as const;

/** The standard labels that every object carries. */
export function standardLabels(identity: Identity): Record<string, string> {
  const version = identity.image === undefined ? undefined : toVersionLabel(identity.image);
  return {
    ...selectorLabels(identity),
    "app.kubernetes.io/component": identity.component,
    "app.kubernetes.io/part-of": identity.partOf,
    ...OWN_PODS,
    ...(version === undefined ? {} : { "app.kubernetes.io/version": version }),
  };
}

/** A label value from an image's tag, or from the first 12 hex digits of its digest; undefined where it has neither. */
export function toVersionLabel(image: string): string | undefined {
  const reference = parseImage(image);
  const version = reference?.tag ?? reference?.digest?.replace(/^sha\d+:/, "").slice(0, 12);
  return version?.slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
