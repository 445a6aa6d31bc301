import type { Field } from "../field.ts";
import { podRule, when, type Finding, type ObjectRule } from "../rule.ts";
import { isForWindows, securityContextsOf, STANDARD } from "./standard.ts";

/** Types of profiles that confine a container. */
const PROFILES = ["RuntimeDefault", "Localhost"];
const PROFILE_FIX = 'Set type to "RuntimeDefault", or to "Localhost" with a profile of your own';

/** Start of the annotations that named AppArmor profiles before there was a field. */
const APP_ARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

const SE_LINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/** Rules of Pod Security "restricted" about the profiles by which the kernel confines containers. */
export const profileRules: readonly ObjectRule[] = [
  podRule(
    {
      name: "pod-security-seccomp",
      title: "Pods have a seccomp profile.",
      why: `It keeps system calls away that containers have no use for, and attackers do. ${STANDARD}`,
      fix: PROFILE_FIX,
    },
    (pod) => {
      if (isForWindows(pod)) return [];
      const own = pod.spec.at("securityContext", "seccompProfile");
      return [
        ...wrongProfile(own),
        ...pod.containers.flatMap(({ field }) => {
          const profile = field.at("securityContext", "seccompProfile");
          if (!profile.isMissing) return wrongProfile(profile);
          return when(own.isMissing, profile, "is missing");
        }),
      ];
    },
  ),
  podRule(
    {
      name: "pod-security-app-armor",
      title: "Pods keep their AppArmor profile.",
      why: `“Unconfined” takes a protection away that the node has for every container. ${STANDARD}`,
      fix: `Remove it. ${PROFILE_FIX}`,
    },
    (pod) => [
      ...securityContextsOf(pod).flatMap((context) => wrongProfile(context.at("appArmorProfile"))),
      ...pod.metadata.at("annotations").entries.flatMap(([key, profile]) => {
        if (!key.startsWith(APP_ARMOR_ANNOTATION) || profile.mayBe("", "runtime/default")) return [];
        return when(profile.text?.startsWith("localhost/") !== true, profile, `is ${String(profile.value)}`);
      }),
    ],
  ),
  podRule(
    {
      name: "pod-security-se-linux",
      title: "Pods keep their SELinux user and role, and have a type for containers.",
      why: `Others can be less confined than containers are meant to be. ${STANDARD}`,
      fix: `Remove it; allowed types are ${SE_LINUX_TYPES.slice(1).join(", ")}`,
    },
    (pod) =>
      securityContextsOf(pod).flatMap((context) => {
        const options = context.at("seLinuxOptions");
        const type = options.at("type");
        const others = [options.at("user"), options.at("role")].filter((field) => !field.isMissing && !field.mayBe(""));
        return [
          ...when(!type.isMissing && !type.mayBe(...SE_LINUX_TYPES), type, `is ${String(type.value)}`),
          ...others.map((at) => ({ at, problem: "is set" })),
        ];
      }),
  ),
  podRule(
    {
      name: "pod-security-windows-host-process",
      title: "Windows pods do not run as processes of their node.",
      why: `Such a process has the node's own rights. ${STANDARD}`,
      fix: "Remove it",
    },
    (pod) =>
      securityContextsOf(pod).flatMap((context) => {
        const hostProcess = context.at("windowsOptions", "hostProcess");
        return when(hostProcess.value === true, hostProcess, "is true");
      }),
  ),
];

/** A profile that is given must be one that confines. */
function wrongProfile(profile: Field): Finding[] {
  const type = profile.at("type");
  if (profile.isMissing || type.mayBe(...PROFILES)) return [];
  return [{ at: type, problem: type.isMissing ? "is missing" : `is ${String(type.value)}` }];
}
