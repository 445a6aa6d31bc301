import { podRule, when, type ObjectRule } from "../rule.ts";
import { STANDARD } from "./standard.ts";

/** Sysctls that are namespaced, and isolated from other pods of the node. */
const SAFE_SYSCTLS: readonly unknown[] = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

/** Kinds of volumes that reach nothing of the node. */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
] as const;

/** Rules of Pod Security "restricted" about pods as a whole. */
export const wholePodRules: readonly ObjectRule[] = [
  podRule(
    {
      name: "pod-security-host-namespaces",
      title: "Pods do not share their node's network, processes or memory.",
      why: `Who shares them sees and reaches what runs on the node, past every NetworkPolicy. ${STANDARD}`,
      fix: "Remove it",
    },
    ({ spec }) =>
      ["hostNetwork", "hostPID", "hostIPC"].flatMap((name) => {
        const shared = spec.at(name);
        return when(shared.value === true, shared, "is true");
      }),
  ),
  podRule(
    {
      name: "pod-security-volumes",
      title: "Pods mount no files of their node, and no storage past its claims.",
      why: `Files of the node lead to the node; other storage belongs behind a PersistentVolumeClaim. ${STANDARD}`,
      fix: `Use one of ${VOLUMES.join(", ")}`,
    },
    ({ spec }) =>
      spec.at("volumes").items.flatMap((volume) => {
        const sources = volume.entries.filter(([key, source]) => key !== "name" && !source.isMissing);
        const isAllowed = sources.length === 0 || sources.some(([key]) => VOLUMES.some((kind) => kind === key));
        return when(!isAllowed, volume, `is of kind ${sources.map(([key]) => key).join(", ")}`);
      }),
  ),
  podRule(
    {
      name: "pod-security-sysctls",
      title: "Pods set only sysctls that are theirs alone.",
      why: `Others change the kernel for every pod of the node. ${STANDARD}`,
      fix: `Remove it; allowed are ${SAFE_SYSCTLS.join(", ")}`,
    },
    ({ spec }) =>
      spec.at("securityContext", "sysctls").items.flatMap((sysctl) => {
        const name = sysctl.at("name");
        return when(!name.mayBe(...SAFE_SYSCTLS), name, `is ${String(name.value)}`);
      }),
  ),
];
