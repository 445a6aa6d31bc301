import { type Facts, list, type SeenObject } from "../facts.ts";
import { lastEnd } from "./containers.ts";
import { containersOf, logOf, oneLine, type PodRule } from "./pod-troubles.ts";

/** What kernels say of a program that they can't read. */
const UNREADABLE = /exec format error/i;

/** A container's program is built for another kind of processor, or is a script that does not say what runs it. */
export const platformTrouble: PodRule = (pod, facts) => {
  for (const container of containersOf(pod)) {
    const ended = lastEnd(container, facts);
    if (ended === undefined) continue;
    const lines = [...logOf(facts, pod, container.name), ended.message ?? ""];
    const line = lines.findLast((text) => UNREADABLE.test(text));
    if (line === undefined) continue;
    const platform = platformOf(pod, facts);
    const program = /(\S+): exec format error/i.exec(line)?.[1]?.replaceAll('"', "");
    return {
      rule: "wrong-platform",
      stage: "failure",
      severity: "failing",
      says: `has a program that its node can't run: ${program ?? container.name ?? ""} is not built for ${platform}`,
      seen: `container ${container.name ?? ""}: ${oneLine(line)}`,
      next: `Build the image for ${platform}, or, where it is a script, begin it with #! and its interpreter.`,
    };
  }
  return undefined;
};

/** Operating system and processor of a pod's node, as images name them. */
export function platformOf({ spec }: SeenObject<"Pod">, facts: Facts): string {
  const node = list(facts, "Node").find(({ metadata }) => metadata?.name === spec?.nodeName);
  const { operatingSystem, architecture } = node?.status?.nodeInfo ?? {};
  return architecture === undefined ? "its node's processor" : `${operatingSystem ?? "linux"}/${architecture}`;
}
