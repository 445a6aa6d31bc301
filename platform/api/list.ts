import type { z } from "zod";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { repositoryKey } from "../domain/names.ts";
import { HttpProblem } from "../http/problem.ts";
import { parseLabelSelector } from "./label-selector.ts";
import type { listQuerySchema } from "./schemas.ts";

/** Which environments, and how many at once. */
export type ListQuery = z.output<typeof listQuerySchema>;

/** A page of environments. */
export interface Page {
  readonly items: readonly PreviewEnvironment[];
  /** How many there are on all pages. */
  readonly total: number;
  /** Leads to the next page; undefined on the last one. */
  readonly continue?: string;
}

/**
 * The page of environments that a query asks for, by name: one that comes or goes meanwhile moves no other to another page.
 *
 * @throws HttpProblem where the query can't be read.
 */
export function pageOf(environments: readonly PreviewEnvironment[], query: ListQuery): Page {
  const found = environments.filter(matcher(query)).sort(byName);
  const after = nameIn(query.continue);
  const rest = found.filter(({ metadata }) => metadata.name > after);
  const items = rest.slice(0, query.limit);
  const last = items.at(-1);
  const more = last !== undefined && rest.length > items.length;
  return { items, total: found.length, ...(more ? { continue: toContinue(last.metadata.name) } : {}) };
}

function matcher(query: ListQuery): (environment: PreviewEnvironment) => boolean {
  const { phase, repository, branch, owner, pullRequest, labelSelector = "" } = query;
  const selects = parseLabelSelector(labelSelector);
  if (selects === undefined) throw wrongQuery("labelSelector", 'a selector of labels such as "team=shop,!old"');
  const key = repository === undefined ? undefined : repositoryKey(repository);
  const isWanted = <T>(wanted: T | undefined, found: T | undefined) => wanted === undefined || wanted === found;
  return ({ metadata, spec, status }) =>
    isWanted(phase, status?.phase) &&
    isWanted(key, repositoryKey(spec.source.repository)) &&
    isWanted(branch, spec.source.branch) &&
    isWanted(owner, spec.owner) &&
    isWanted(pullRequest, spec.pullRequest?.number) &&
    selects(metadata.labels ?? {});
}

function toContinue(name: string): string {
  return Buffer.from(name).toString("base64url");
}

/** The name that a page began after; "" is before all names. */
function nameIn(token: string | undefined): string {
  if (token === undefined) return "";
  const name = Buffer.from(token, "base64url").toString();
  if (!/^[a-z0-9-]+$/.test(name) || toContinue(name) !== token)
    throw wrongQuery("continue", "`continue` of the page before, as it was given");
  return name;
}

function wrongQuery(path: string, expected: string): HttpProblem {
  return new HttpProblem("bad-request", "The query has 1 problem.", { errors: [{ path, expected }] });
}

function byName(one: PreviewEnvironment, other: PreviewEnvironment): number {
  return one.metadata.name < other.metadata.name ? -1 : 1;
}
