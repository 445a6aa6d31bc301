import { z } from "zod";

/** Longest name of a Kubernetes object whose name becomes a DNS label (Service, Pod host name), in characters. */
export const MAX_NAME_LENGTH = 63;

/** What a StatefulSet appends to its name in a label of its pods: a hyphen and a hash of up to ten digits. */
const REVISION_SUFFIX_LENGTH = "-4294967295".length;

/** Longest name a user may give to a service or migration, in characters. */
export const MAX_USER_NAME_LENGTH = MAX_NAME_LENGTH - REVISION_SUFFIX_LENGTH;

/** Longest name of a CronJob, in characters: its jobs append a timestamp. */
const MAX_CRON_JOB_NAME_LENGTH = 52;

/** Longest name a user may give to a data store, in characters: its backup is a CronJob. */
export const MAX_DATA_STORE_NAME_LENGTH = MAX_CRON_JOB_NAME_LENGTH - "-backup".length;

const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Schema of a name that becomes a DNS label: a service, data store, environment, volume or port.
 *
 * @param max longest allowed length in characters.
 */
export function dnsLabel(max: number = MAX_USER_NAME_LENGTH): z.ZodString {
  return z
    .string()
    .max(max, {
      error: (issue) =>
        `a name of at most ${max} characters (this one has ${typeof issue.input === "string" ? issue.input.length : 0})`,
    })
    .regex(DNS_LABEL, {
      error: "lower-case letters, digits and '-', starting with a letter and ending with a letter or digit",
    });
}

/**
 * Schema of a container port's name.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6335#section-5.1
 */
export const portName = dnsLabel(15).refine((name) => !name.includes("--"), { error: "no two '-' in a row" });

/** Names of objects that every environment owns; a service or data store can't be called so. */
export const RESERVED_NAMES: readonly string[] = [
  "default-deny",
  "allow-dns",
  "allow-https-egress",
  "allow-within-namespace",
  "prometheus",
  "alertmanager",
  "loki",
  "grafana",
  "log-collector",
  "kube-state-metrics",
  "node-metrics",
  "kubernetes",
];

/** Namespaces that belong to the cluster: an environment can't be called so, nor "kube-..." in general. */
export const CLUSTER_NAMESPACES: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Turns a service's or data store's name into the stem of environment variables: "guestbook-backend" → "GUESTBOOK_BACKEND". */
export function toEnvironmentVariableStem(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
