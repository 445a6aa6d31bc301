import { type ClusterReader, runKubectl } from "../../stacks/cluster-objects.ts";
import { type ContainerLog, type Facts, list, type SeenObject } from "../facts.ts";

/** Lines of each container. */
const LINES = 40;
/** How far back the logs of what runs well are read; of what does not, its last lines count however old they are. */
const RECENT = "3m";
/** Most containers whose logs are read. */
const MOST = 24;

interface Source {
  readonly pod: SeenObject<"Pod">;
  readonly container: string;
  readonly args: readonly string[];
}

/** Reads the last lines of what is in trouble, and of the data stores, which say why they refuse a client. */
export async function gatherLogs(reader: ClusterReader, facts: Pick<Facts, "objects">): Promise<ContainerLog[]> {
  const sources = list(facts, "Pod").flatMap(sourcesOf).slice(0, MOST);
  const logs = await Promise.all(
    sources.map(async ({ pod, container, args }) => {
      const { namespace = "", name = "" } = pod.metadata ?? {};
      const of = ["logs", name, "--container", container, "--namespace", namespace, `--tail=${LINES}`];
      const { code, stdout } = await runKubectl(reader, [...of, ...args]);
      const lines = code === 0 ? stdout.split("\n").filter((line) => line !== "") : [];
      return { namespace, pod: name, container, lines: lines.map(withoutSecrets) };
    }),
  );
  return logs.filter(({ lines }) => lines.length > 0);
}

/**
 * A line with what looks like a secret blotted out: passwords in addresses, and what follows words for them.
 */
export function withoutSecrets(line: string): string {
  return line
    .replace(/(\w+:\/\/[^\s:/@]*):[^\s@]+@/g, "$1:***@")
    .replace(/(Bearer|Basic) +[\w.~+/=-]+/gi, "$1 ***")
    .replace(/((?:password|passwd|secret|token|api[-_]?key)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;}]+)/gi, "$1***");
}

function sourcesOf(pod: SeenObject<"Pod">): Source[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const isStore = pod.metadata?.labels?.["app.kubernetes.io/component"] === "database";
  return statuses.flatMap(({ name: container = "", ready, state, restartCount = 0 }): Source[] => {
    const isDone = state?.terminated?.exitCode === 0;
    if (isDone || (ready === true && !isStore)) return [];
    // What has not begun yet has written nothing, unless it was there before; so may one that has just begun again.
    const before = ready !== true && restartCount > 0 ? [{ pod, container, args: ["--previous"] }] : [];
    if (state?.waiting !== undefined) return before;
    return [...before, { pod, container, args: ready === true ? [`--since=${RECENT}`] : [] }];
  });
}
