import type { PreviewEnvironment, ResolvedEnvironment } from "../../spec/index.ts";
import { exportersOf, needsStableIdentity } from "../../spec/index.ts";
import type { WorkloadState } from "../adapters/kubernetes/workloads.ts";
import type { Tone } from "./status-view.ts";

/** Something that is part of an environment, and what is part of it. */
export interface ResourceView {
  readonly name: string;
  readonly kind: string;
  readonly tone: Tone;
  /** Its state in words. */
  readonly state: string;
  /** Address of its page. @default it has none */
  readonly page?: string;
  readonly children: readonly ResourceView[];
}

/** The resources of an environment. */
export interface ResourceTree {
  readonly groups: readonly { readonly title: string; readonly parts: readonly ResourceView[] }[];
  /** Why states are not known; undefined: they are. */
  readonly unknown?: string;
}

/** The worst comes first. */
const BY_GRAVITY: readonly Tone[] = ["bad", "busy", "waiting", "asleep", "neutral", "gone", "good"];

/** What a phase alone says of the parts. */
const OF_PHASE: Readonly<Record<string, readonly [Tone, string]>> = {
  Ready: ["good", "ready"],
  Provisioning: ["waiting", "to come"],
  Asleep: ["asleep", "asleep"],
  Terminating: ["gone", "being deleted"],
  DeleteBlocked: ["gone", "being deleted"],
};

/**
 * Shows the parts of an environment, each with what runs and what is kept for it.
 *
 * @param described what is wanted; undefined: it makes no environment, and only what is there is shown.
 * @param workloads what is there; undefined: that can't be seen.
 * @param hasLogs whether pods lead to their logs.
 */
export function viewResources(
  { metadata, status }: PreviewEnvironment,
  described: ResolvedEnvironment | undefined,
  workloads: readonly WorkloadState[] | undefined,
  hasLogs: boolean,
): ResourceTree {
  const pods = hasLogs ? `/environments/${metadata.name}/pods` : undefined;
  const wanted = described ? groupsOf(described) : [];
  const named = new Set(wanted.flatMap(({ parts }) => parts.map(({ name }) => name)));
  const others = (workloads ?? []).filter(({ part, kind }) => !named.has(part) && kind !== "Pod");
  const toPart = ({ name, kind }: PartName): ResourceView => {
    const children = (workloads ?? []).filter(({ part }) => part === name).map((each) => toResource(each, pods));
    const [worst] = children.toSorted((a, b) => BY_GRAVITY.indexOf(a.tone) - BY_GRAVITY.indexOf(b.tone));
    const [tone, state] = OF_PHASE[status?.phase ?? ""] ?? ["neutral", "not there"];
    if (workloads === undefined) return { name, kind, tone, state, children: [] };
    if (worst === undefined) {
      // A job that has ended goes after a while; what an update has not come to is to come.
      const isOver = kind === "Job" && tone === "good";
      const known: readonly [Tone, string] = isOver
        ? ["good", "done"]
        : tone === "good"
          ? ["neutral", "not there"]
          : [tone, state];
      return { name, kind, tone: known[0], state: known[1], children };
    }
    return { name, kind, tone: worst.tone, state: worst.tone === "good" ? "ready" : worst.state, children };
  };
  const groups = wanted.map(({ title, parts }) => ({ title, parts: parts.map(toPart) }));
  const rest =
    others.length === 0 ? [] : [{ title: "Beside these", parts: others.map((each) => toResource(each, pods)) }];
  const unknown =
    "The service has no right to look into the namespace of this environment: states are those of its phase.";
  return { groups: [...groups, ...rest], unknown: workloads === undefined ? unknown : undefined };
}

interface PartName {
  readonly name: string;
  readonly kind: string;
}

function groupsOf(environment: ResolvedEnvironment) {
  const { services, dataStores, migrations, observability } = environment;
  const stores = Object.entries(dataStores).map(([name, { engine, version }]) => ({
    name,
    kind: `${engine === "postgres" ? "PostgreSQL" : "Redis"} ${version}`,
  }));
  const servers = (["prometheus", "loki", "grafana"] as const).filter((name) => observability[name].enabled);
  const groups: { title: string; parts: PartName[] }[] = [
    { title: "Data stores", parts: stores },
    { title: "Migrations", parts: Object.keys(migrations).map((name) => ({ name, kind: "Job" })) },
    {
      title: "Services",
      parts: Object.entries(services).map(([name, service]) => ({
        name,
        kind: needsStableIdentity(service) ? "StatefulSet" : "Deployment",
      })),
    },
    {
      title: "Observability",
      parts: [
        ...servers.map((name) => ({ name, kind: "StatefulSet" })),
        ...exportersOf(environment).map(({ name, kind }) => ({
          name,
          kind: kind === "node" ? "DaemonSet" : "Deployment",
        })),
      ],
    },
  ];
  return groups.filter(({ parts }) => parts.length > 0);
}

/** @param pods where their pages are; undefined: they have none. */
function toResource({ kind, name, state, detail }: WorkloadState, pods: string | undefined): ResourceView {
  const shown = { name, kind: kind === "PersistentVolumeClaim" ? "Volume" : kind, tone: state, state: detail };
  return { ...shown, children: [], ...(kind === "Pod" && pods !== undefined ? { page: `${pods}/${name}` } : {}) };
}
