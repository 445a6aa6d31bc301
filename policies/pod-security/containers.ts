import type { Field } from "../field.ts";
import { containerRule, when, type Finding, type ObjectRule } from "../rule.ts";
import { isForWindows, STANDARD } from "./standard.ts";

/** Capability that programs need to listen on ports below 1024. */
const NET_BIND_SERVICE = "NET_BIND_SERVICE";

/** Rules of Pod Security "restricted" about single containers. */
export const containerRules: readonly ObjectRule[] = [
  containerRule(
    {
      name: "pod-security-privilege-escalation",
      title: "Containers cannot gain more privileges than they start with.",
      why: `A program with the set-user-ID bit would make its caller root. ${STANDARD}`,
      fix: "Set it to false",
    },
    ({ field }, pod) => {
      const allowed = field.at("securityContext", "allowPrivilegeEscalation");
      if (isForWindows(pod) || allowed.mayBe(false)) return [];
      return [{ at: allowed, problem: allowed.isMissing ? "is missing" : "is not false" }];
    },
  ),
  containerRule(
    {
      name: "pod-security-capabilities",
      title: "Containers drop all capabilities.",
      why: `Capabilities are parts of root's power. One may be added: ${NET_BIND_SERVICE}, for ports below 1024. ${STANDARD}`,
      fix: `Set drop to ["ALL"], and add nothing but ${NET_BIND_SERVICE}`,
    },
    ({ field }, pod) => {
      if (isForWindows(pod)) return [];
      const drop = field.at("securityContext", "capabilities", "drop");
      const dropsAll = drop.isUnknown || drop.items.some((item) => item.mayBe("ALL"));
      const added = field
        .at("securityContext", "capabilities", "add")
        .items.filter((item) => !item.mayBe(NET_BIND_SERVICE));
      return [
        ...when(!dropsAll, drop, "does not have ALL"),
        ...added.map((item) => ({ at: item, problem: `adds ${String(item.value)}` })),
      ];
    },
  ),
  containerRule(
    {
      name: "pod-security-privileged",
      title: "Containers are not privileged.",
      why: `A privileged container has the node's devices and nearly all of root's power there. ${STANDARD}`,
      fix: "Remove it",
    },
    ({ field }) => {
      const privileged = field.at("securityContext", "privileged");
      return when(privileged.value === true, privileged, "is true");
    },
  ),
  containerRule(
    {
      name: "pod-security-proc-mount",
      title: "Containers see /proc masked.",
      why: `Without its masks, /proc shows and changes what belongs to the kernel. ${STANDARD}`,
      fix: 'Remove it, or set it to "Default"',
    },
    ({ field }) => {
      const mount = field.at("securityContext", "procMount");
      return when(!mount.isMissing && !mount.mayBe("Default"), mount, `is ${String(mount.value)}`);
    },
  ),
  containerRule(
    {
      name: "pod-security-host-ports",
      title: "Containers take no ports of their node.",
      why: `A port of the node is reachable past every NetworkPolicy, and only one pod can have it. ${STANDARD}`,
      fix: "Remove it, and reach the pod through a Service",
    },
    ({ field }, { spec }) =>
      field.at("ports").items.flatMap((port) => {
        const hostPort = port.at("hostPort");
        if (!hostPort.mayBe(undefined, null, 0)) return [{ at: hostPort, problem: `is ${String(hostPort.value)}` }];
        const isShared = spec.at("hostNetwork").value === true && !hostPort.isUnknown;
        return when(isShared, hostPort, "is the container's own port where the pod shares its node's network");
      }),
  ),
  containerRule(
    {
      name: "pod-security-probe-hosts",
      title: "Probes and lifecycle hooks ask their own pod only.",
      why: `The kubelet sends them: with a host, they are requests from the node to wherever the pod's author likes. ${STANDARD}`,
      fix: "Remove it: the pod itself is asked then",
    },
    ({ field }) => handlersOf(field).flatMap(namedHosts),
  ),
];

/** Whatever makes the kubelet send a request. */
function handlersOf(container: Field): Field[] {
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].map((probe) => container.at(probe));
  return [...probes, ...["postStart", "preStop"].map((hook) => container.at("lifecycle", hook))];
}

function namedHosts(handler: Field): Finding[] {
  return ["httpGet", "tcpSocket"].flatMap((action) => {
    const host = handler.at(action, "host");
    return when(!host.isMissing && !host.mayBe(""), host, `is ${String(host.value)}`);
  });
}
