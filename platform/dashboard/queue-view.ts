import type { PreviewEnvironment } from "../../spec/index.ts";
import { admit } from "../domain/admission.ts";
import { isAdmitted, isOutOfLine } from "../domain/conditions.ts";
import { repositoryKey } from "../domain/names.ts";
import type { DomainSettings } from "../domain/settings.ts";
import { operationName } from "./status-view.ts";
import { shortRepository, spanOf } from "./wording.ts";

/** A cap, and how much of it is used up. */
export interface CapView {
  readonly name: string;
  readonly taken: number;
  /** Undefined: there is no cap. */
  readonly most?: number;
}

/** Somebody in line. */
export interface WaitingView {
  readonly name: string;
  /** In the line of the cap that it waits for, from 1. */
  readonly position: number;
  readonly cap: string;
  readonly repository: string;
  readonly owner?: string;
  readonly since: string;
  readonly createdAt: string;
}

/** An operation that runs. */
export interface RunningView {
  readonly name: string;
  readonly doing: string;
  readonly progress: string;
  readonly since: string;
  readonly startedAt: string;
}

/** Who waits for what, and what runs. */
export interface QueueView {
  readonly caps: readonly CapView[];
  readonly waiting: readonly WaitingView[];
  readonly running: readonly RunningView[];
}

const CAP_NAMES = { GlobalCap: "the platform", RepositoryCap: "its repository", UserCap: "its owner" } as const;

/** Shows the line for places under the caps, and the operations that run. @param operations most at a time. */
export function viewQueue(
  environments: readonly PreviewEnvironment[],
  settings: DomainSettings,
  { now, operations }: { readonly now: Date; readonly operations: number },
): QueueView {
  const verdicts = admit(environments, settings);
  const waiting = environments.flatMap((environment): WaitingView[] => {
    const { metadata, spec, status } = environment;
    const verdict = verdicts.get(metadata.name);
    const isInLine = status?.phase === "Queued" && metadata.deletionTimestamp === undefined && !isOutOfLine(status);
    if (!isInLine || verdict === undefined || verdict.admitted) return [];
    return [
      {
        name: metadata.name,
        position: verdict.position,
        cap: CAP_NAMES[verdict.reason],
        repository: shortRepository(spec.source.repository),
        owner: spec.owner,
        since: spanOf(now.getTime() - Date.parse(metadata.creationTimestamp)),
        createdAt: metadata.creationTimestamp,
      },
    ];
  });
  const running = environments.flatMap(({ metadata, status }): RunningView[] => {
    const { operation } = status ?? {};
    if (operation === undefined) return [];
    const { kind, progress = "begins", startedAt } = operation;
    const since = spanOf(now.getTime() - Date.parse(startedAt));
    return [{ name: metadata.name, doing: operationName(kind), progress, since, startedAt }];
  });
  return {
    caps: capsOf(environments, settings, { name: "Operations at a time", taken: running.length, most: operations }),
    waiting: waiting.toSorted((a, b) => a.position - b.position || (a.createdAt < b.createdAt ? -1 : 1)),
    running: running.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)),
  };
}

function capsOf(
  environments: readonly PreviewEnvironment[],
  { caps, repositories }: DomainSettings,
  operations: CapView,
): CapView[] {
  const placed = environments.filter(({ status }) => isAdmitted(status));
  const count = (keyOf: (environment: PreviewEnvironment) => string | undefined): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const environment of placed) {
      const key = keyOf(environment);
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const named = (counts: ReadonlyMap<string, number>, mostOf: (key: string) => number | undefined): CapView[] =>
    [...counts]
      .flatMap(([key, taken]) => {
        const most = mostOf(key);
        return most === undefined ? [] : [{ name: shortRepository(key), taken, most }];
      })
      .toSorted((a, b) => b.taken / b.most - a.taken / a.most || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_CAPS);
  return [
    { name: "Places", taken: placed.length, most: caps.global },
    operations,
    ...named(
      count(({ spec }) => repositoryKey(spec.source.repository)),
      (key) => repositories[key]?.cap ?? caps.perRepository,
    ),
    ...named(
      count(({ spec }) => spec.owner),
      () => caps.perUser,
    ),
  ];
}

/** Caps of repositories, and of users, that are shown: those that are nearest to being used up. */
const MOST_CAPS = 6;
