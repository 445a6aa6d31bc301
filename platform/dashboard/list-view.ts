import {
  addCapacities,
  formatCapacity,
  formatMoney,
  monthlyCost,
  PHASES,
  type Capacity,
  type Phase,
  type PreviewEnvironment,
  type Prices,
} from "../../spec/index.ts";
import type { Estimates } from "./estimates.ts";
import type { ListQuery, SortKey } from "./list-query.ts";
import { pageOf, viewStatus, type StatusView } from "./status-view.ts";
import { shortRepository, spanOf } from "./wording.ts";

/** What views are made with. */
export interface ViewContext {
  readonly now: Date;
  readonly estimates: Pick<Estimates, "partsOf" | "reservedBy">;
  /** What capacity costs. @default not known, and no costs are shown */
  readonly prices?: Prices | undefined;
}

/** An environment in a list. */
export interface RowView {
  readonly name: string;
  readonly status: StatusView;
  readonly repository: string;
  readonly branch: string;
  readonly pullRequest?: { readonly number: number; readonly url?: string };
  readonly owner?: string;
  readonly createdAt: string;
  readonly age: string;
  /** Monthly; undefined where prices are not known, or nothing is reserved. */
  readonly cost?: string;
  readonly url?: string;
}

/** A choice of a filter. */
export interface ChoiceView<Value extends string = string> {
  readonly value: Value;
  readonly label: string;
  /** Environments that it leaves, beside the other filters. */
  readonly count: number;
}

/** A page of the list of environments. */
export interface ListView {
  readonly query: ListQuery;
  readonly rows: readonly RowView[];
  /** All that there are, and those that the filters leave. */
  readonly total: number;
  readonly matching: number;
  readonly pages: number;
  /** Those that all filters but that by phase leave. */
  readonly ofAnyPhase: number;
  /** Phases that there are, in the order of life. */
  readonly phases: readonly ChoiceView<Phase>[];
  readonly repositories: readonly ChoiceView[];
  readonly owners: readonly ChoiceView[];
  /** What all that match reserve: capacity, and its cost where prices are known. */
  readonly reserved: string;
  readonly cost?: string;
}

/** Environments on one page. */
export const PAGE_SIZE = 50;

/** Shows the environments that a query asks for. */
export function viewList(
  environments: readonly PreviewEnvironment[],
  query: ListQuery,
  context: ViewContext,
): ListView {
  const { estimates, prices } = context;
  const words = query.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = environments.filter((environment) => hasWords(environment, words));
  const fits = (environment: PreviewEnvironment, but?: "phase" | "repository" | "owner"): boolean =>
    (but === "phase" || query.phase === "" || environment.status?.phase === query.phase) &&
    (but === "repository" || query.repository === "" || environment.spec.source.repository === query.repository) &&
    (but === "owner" || query.owner === "" || environment.spec.owner === query.owner);
  const matching = found.filter((environment) => fits(environment));
  const ofAnyPhase = found.filter((each) => fits(each, "phase"));
  const reserved = new Map(matching.map((each) => [each, estimates.reservedBy(each)]));
  const pages = Math.max(Math.ceil(matching.length / PAGE_SIZE), 1);
  const page = Math.min(query.page, pages);
  const sorted = sortEnvironments(matching, query, (environment) => {
    const capacity = reserved.get(environment);
    return capacity && prices ? monthlyCost(capacity, prices) : 0;
  });
  const sum = addCapacities([...reserved.values()]);
  return {
    query: { ...query, page },
    rows: sorted
      .slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
      .map((environment) => viewRow(environment, reserved.get(environment), context)),
    total: environments.length,
    matching: matching.length,
    pages,
    ofAnyPhase: ofAnyPhase.length,
    phases: choices(ofAnyPhase, ({ status }) => status?.phase).toSorted(
      (a, b) => PHASES.indexOf(a.value) - PHASES.indexOf(b.value),
    ),
    repositories: choices(
      found.filter((each) => fits(each, "repository")),
      ({ spec }) => spec.source.repository,
      shortRepository,
    ),
    owners: choices(
      found.filter((each) => fits(each, "owner")),
      ({ spec }) => spec.owner,
    ),
    reserved: formatCapacity(sum),
    cost: prices && formatMoney(monthlyCost(sum, prices), prices.currency),
  };
}

function viewRow(
  environment: PreviewEnvironment,
  reserved: Capacity | undefined,
  { now, prices }: ViewContext,
): RowView {
  const { metadata, spec } = environment;
  const cost = prices && reserved ? monthlyCost(reserved, prices) : 0;
  return {
    name: metadata.name,
    status: viewStatus(environment, now),
    repository: shortRepository(spec.source.repository),
    branch: spec.source.branch,
    pullRequest: spec.pullRequest,
    owner: spec.owner,
    createdAt: metadata.creationTimestamp,
    age: spanOf(now.getTime() - Date.parse(metadata.creationTimestamp)),
    cost: prices && cost > 0 ? formatMoney(cost, prices.currency) : undefined,
    url: pageOf(environment),
  };
}

function hasWords({ metadata, spec }: PreviewEnvironment, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { source, owner = "", pullRequest } = spec;
  const number = pullRequest ? `#${pullRequest.number}` : "";
  const text = [metadata.name, source.repository, source.branch, source.commit ?? "", owner, number].join(" ");
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

function sortEnvironments(
  environments: readonly PreviewEnvironment[],
  { sort, descending }: ListQuery,
  costOf: (environment: PreviewEnvironment) => number,
): PreviewEnvironment[] {
  const keyOf: Readonly<Record<SortKey, (environment: PreviewEnvironment) => string | number>> = {
    name: ({ metadata }) => metadata.name,
    status: ({ status }) => (status?.phase === undefined ? -1 : PHASES.indexOf(status.phase)),
    owner: ({ spec }) => spec.owner?.toLowerCase() ?? "~",
    // The newest first is the youngest first.
    age: ({ metadata }) => -Date.parse(metadata.creationTimestamp),
    cost: costOf,
  };
  const keyed = environments.map((environment) => ({ environment, key: keyOf[sort](environment) }));
  const direction = descending ? -1 : 1;
  return keyed
    .toSorted((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -direction : direction;
      return a.environment.metadata.name < b.environment.metadata.name ? -1 : 1;
    })
    .map(({ environment }) => environment);
}

function choices<Value extends string>(
  environments: readonly PreviewEnvironment[],
  valueOf: (environment: PreviewEnvironment) => Value | undefined,
  labelOf: (value: Value) => string = (value) => value,
): ChoiceView<Value>[] {
  const counts = new Map<Value, number>();
  for (const environment of environments) {
    const value = valueOf(environment);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .map(([value, count]) => ({ value, label: labelOf(value), count }))
    .toSorted((a, b) => (a.label < b.label ? -1 : 1));
}
