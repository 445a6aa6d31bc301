import {
  declaredEdges,
  formatCapacity,
  formatMoney,
  monthlyCost,
  resolveEnvironment,
  type Condition,
  type PreviewEnvironment,
  type ResolvedEnvironment,
} from "../../spec/index.ts";
import { drawEnvironmentInPage } from "../../spec/environment-graph.ts";
import type { WorkloadState } from "../adapters/kubernetes/workloads.ts";
import { conditionOf } from "../domain/conditions.ts";
import { describe } from "../domain/describe.ts";
import type { PlatformSettings } from "../config.ts";
import { viewChanges, type ChangesView } from "./changes-view.ts";
import type { ViewContext } from "./list-view.ts";
import { viewPolicy, type PolicyView } from "./policy-view.ts";
import { viewResources, type ResourceTree } from "./resource-tree.ts";
import { inWords, operationName, pageOf, PHASE_LOOKS, viewStatus, type StatusView, type Tone } from "./status-view.ts";
import { viewTimeline, type TimelineView } from "./timeline.ts";
import { countOf, shortRepository, spanOf } from "./wording.ts";

/** What happened to an environment, as Kubernetes keeps it. */
export interface EventFacts {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** Undefined where it is not known. */
  readonly at?: string;
}

/** What is known of an environment beside its object. */
export interface EnvironmentFacts {
  /** The log of the last operation; empty where there is none. */
  readonly log: string;
  /** The newest first. */
  readonly events: readonly EventFacts[];
  /** What is in its namespace; undefined where that can't be seen. */
  readonly workloads: readonly WorkloadState[] | undefined;
}

/** Something known of an environment: a term and what it is. */
export interface FactView {
  readonly term: string;
  readonly text: string;
  /** Where it leads to. */
  readonly address?: string;
  /** The moment that the text tells of. */
  readonly time?: string;
  readonly isCode?: boolean;
}

/** Something that people should know before all else. */
export interface AlertView {
  readonly tone: Tone;
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** What it is about, one by one. @default nothing beyond the paragraphs */
  readonly points?: readonly string[];
}

/** What somebody may do with an environment as it is. */
export interface ActionsView {
  readonly extend: boolean;
  readonly sleep: boolean;
  readonly wake: boolean;
  /** The commit to approve; undefined: none waits for that, or not for this person. */
  readonly approve?: string;
  readonly delete: boolean;
}

/** One environment, with all that is known of it. */
export interface EnvironmentView {
  readonly name: string;
  readonly status: StatusView;
  readonly url?: string;
  readonly alert?: AlertView;
  readonly facts: readonly FactView[];
  readonly actions: ActionsView;
  /** What is under way, and how far it has come; of `done` of `total`, where that is counted. */
  readonly progress?: { readonly text: string; readonly done?: number; readonly total?: number };
  readonly timeline?: TimelineView;
  readonly changes?: ChangesView;
  readonly resources: ResourceTree;
  readonly policy: PolicyView;
  /** What may connect to what; undefined where it makes no environment. */
  readonly network?: {
    /** An SVG. */
    readonly drawing: string;
    readonly edges: readonly { readonly from: string; readonly to: string; readonly ports: string }[];
  };
  readonly conditions: readonly (Pick<Condition, "type" | "status" | "message"> & {
    readonly reason: string;
    readonly since: string;
    readonly sinceAt: string;
  })[];
  readonly events: readonly (EventFacts & { readonly age: string })[];
  readonly log: string;
  /** What is reserved, by part, with what it costs in a month where prices are known. */
  readonly reserved: readonly { readonly part: string; readonly capacity: string; readonly cost?: string }[];
}

/** What somebody may do with environments. */
export interface Rights {
  readonly patch: boolean;
  readonly approve: boolean;
  readonly delete: boolean;
  /** Of its pods. */
  readonly logs: boolean;
}

/** Shows an environment. */
export function viewEnvironment(
  environment: PreviewEnvironment,
  { log, events, workloads }: EnvironmentFacts,
  rights: Rights,
  { settings, ...context }: ViewContext & { readonly settings: PlatformSettings },
): EnvironmentView {
  const { metadata, status = {} } = environment;
  const { now } = context;
  const description = describe(environment, settings.domain);
  const described = description.ok ? resolveEnvironment(description.spec) : undefined;
  return {
    name: metadata.name,
    status: viewStatus(environment, now),
    url: pageOf(environment),
    alert: alertOf(environment),
    facts: factsOf(environment, context),
    actions: actionsOf(environment, rights),
    progress: status.operation && progressOf(status.operation),
    timeline: viewTimeline(status, now),
    changes: viewChanges(status, log),
    resources: viewResources(environment, described, workloads, rights.logs),
    policy: viewPolicy(status, settings.config.runner.policyPacks.length),
    network: described && networkOf(described),
    conditions: (status.conditions ?? []).map(({ type, status: holds, reason, message, lastTransitionTime }) => ({
      type,
      status: holds,
      reason: inWords(reason),
      message,
      since: spanOf(now.getTime() - Date.parse(lastTransitionTime)),
      sinceAt: lastTransitionTime,
    })),
    events: events.map((event) => ({
      ...event,
      age: event.at === undefined ? "" : spanOf(now.getTime() - Date.parse(event.at)),
    })),
    log,
    reserved: reservedOf(environment, context),
  };
}

function factsOf({ metadata, spec, status }: PreviewEnvironment, { now }: ViewContext): FactView[] {
  const { source, pullRequest, owner } = spec;
  const commit = status?.commit ?? source.commit;
  const span = (time: string): string => spanOf(Math.abs(Date.parse(time) - now.getTime()));
  const facts: (FactView | undefined)[] = [
    { term: "Repository", text: shortRepository(source.repository), address: source.repository },
    { term: "Branch", text: source.branch, isCode: true },
    commit === undefined ? undefined : { term: "Commit", text: commit.slice(0, 12), isCode: true },
    pullRequest && {
      term: "Pull request",
      text: `#${pullRequest.number}${pullRequest.fork ? ", from a fork" : ""}`,
      address: pullRequest.url,
    },
    owner === undefined ? undefined : { term: "Owner", text: owner },
    { term: "Created", text: `${span(metadata.creationTimestamp)} ago`, time: metadata.creationTimestamp },
    status?.expiresAt === undefined
      ? { term: "Ends", text: "never by itself" }
      : { term: "Ends", text: `in ${span(status.expiresAt)}`, time: status.expiresAt },
    status?.lastRequestAt === undefined
      ? undefined
      : { term: "Last request", text: `${span(status.lastRequestAt)} ago`, time: status.lastRequestAt },
    status?.namespace === undefined ? undefined : { term: "Namespace", text: status.namespace, isCode: true },
  ];
  return facts.filter((fact) => fact !== undefined);
}

function alertOf({ metadata, status }: PreviewEnvironment): AlertView | undefined {
  const phase = status?.phase;
  if (phase === undefined)
    return { tone: "neutral", title: "The platform service has not looked at it yet", paragraphs: [] };
  const { label, tone } = PHASE_LOOKS[phase];
  const about = (type: "Ready" | "Admitted" | "Asleep" | "InSync" | "Expiring" | "DeleteBlocked") => {
    const { message = "", reason = "" } = conditionOf(status, type) ?? {};
    return { reason, paragraphs: message.split("\n").filter((line) => line.trim() !== "") };
  };
  switch (phase) {
    case "Failed": {
      const { reason, paragraphs } = about("Ready");
      const attempts = (status?.attempts ?? 0) > 1 ? ` after ${countOf(status?.attempts ?? 0, "attempt")}` : "";
      const title = `Failed: ${inWords(reason)}${attempts}`;
      if (reason !== "PolicyViolation") return { tone, title, paragraphs };
      const points = viewPolicy(status ?? {}, 1).violations.map(({ message }) => message);
      return { tone, title, points, paragraphs: paragraphs.slice(1) };
    }
    case "Queued": {
      const isInLine = conditionOf(status, "Admitted")?.status === "False";
      return { tone, title: isInLine ? "Waits in line" : label, ...pick(about(isInLine ? "Admitted" : "Ready")) };
    }
    case "DeleteBlocked":
      return { tone, title: "Its deletion does not end", ...pick(about("DeleteBlocked")) };
    case "Asleep":
      return { tone, title: "Asleep: nothing runs, its data stays", ...pick(about("Asleep")) };
    case "Terminating":
    case "Provisioning":
      // A deletion that the object's time ran out for says nothing more.
      return metadata.deletionTimestamp === undefined && status?.retryAt !== undefined
        ? { tone, title: "Is tried again", ...pick(about("Ready")) }
        : undefined;
    case "Ready":
      if (conditionOf(status, "InSync")?.reason === "Drifted")
        return { tone: "waiting", title: "Changed by hand", ...pick(about("InSync")) };
      return conditionOf(status, "Expiring")?.status === "True"
        ? { tone: "waiting", title: "Its time is running out", ...pick(about("Expiring")) }
        : undefined;
  }
}

function pick({ paragraphs }: Pick<AlertView, "paragraphs">): Pick<AlertView, "paragraphs"> {
  return { paragraphs };
}

function actionsOf({ metadata, spec, status }: PreviewEnvironment, rights: Rights): ActionsView {
  const isWanted = metadata.deletionTimestamp === undefined;
  const { pullRequest, approval, source } = spec;
  const waits = pullRequest?.fork === true && source.commit !== undefined && approval?.commit !== source.commit;
  return {
    extend: isWanted && rights.patch && status?.expiresAt !== undefined,
    sleep: isWanted && rights.patch && status?.phase === "Ready",
    wake: isWanted && rights.patch && status?.phase === "Asleep",
    approve: isWanted && rights.approve && waits ? source.commit : undefined,
    delete: isWanted && rights.delete,
  };
}

function progressOf(operation: { readonly kind: string; readonly progress?: string | undefined }) {
  const { kind, progress } = operation;
  const counted = /^(\d+) of (\d+): /.exec(progress ?? "");
  return {
    text: `${operationName(kind)}: ${progress ?? "begins"}`,
    done: counted ? Number(counted[1]) : undefined,
    total: counted ? Number(counted[2]) : undefined,
  };
}

function networkOf(described: ResolvedEnvironment): NonNullable<EnvironmentView["network"]> {
  const exposed = Object.entries(described.services).filter(([, { expose }]) => expose !== undefined);
  const inside = declaredEdges(described).map(({ from, to, ports }) => ({ from, to, ports: ports.join(", ") }));
  const outside = exposed.map(([to, { expose, ports }]) => ({
    from: "ingress",
    to,
    ports: String(ports[expose?.port ?? "http"] ?? ""),
  }));
  return { drawing: drawEnvironmentInPage(described), edges: [...outside, ...inside] };
}

function reservedOf(environment: PreviewEnvironment, { estimates, prices }: ViewContext): EnvironmentView["reserved"] {
  const priced = (capacity: Parameters<typeof monthlyCost>[0]) => ({
    capacity: formatCapacity(capacity),
    cost: prices && formatMoney(monthlyCost(capacity, prices), prices.currency),
  });
  const parts = estimates.partsOf(environment);
  if (parts.length === 0) return [];
  return [
    ...parts.map((part) => ({ part: part.name, ...priced(part) })),
    { part: "Reserved now", ...priced(estimates.reservedBy(environment)) },
  ];
}
