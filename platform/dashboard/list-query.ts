import { PHASES, type Phase } from "../../spec/index.ts";

/** What a list can be sorted by. */
export const SORT_KEYS = ["name", "status", "owner", "age", "cost"] as const;
/** See {@link SORT_KEYS}. */
export type SortKey = (typeof SORT_KEYS)[number];

/** Which environments a list shows, and in what order. Empty text: all. */
export interface ListQuery {
  /** Words that must all occur in name, repository, branch, owner, commit or "#<pull request>". */
  readonly search: string;
  readonly phase: Phase | "";
  readonly repository: string;
  readonly owner: string;
  readonly sort: SortKey;
  readonly descending: boolean;
  /** From 1. */
  readonly page: number;
}

const LONGEST_TEXT = 200;

/** Without anything asked for: all, the newest first. */
export const WHOLE_LIST: ListQuery = {
  search: "",
  phase: "",
  repository: "",
  owner: "",
  sort: "age",
  descending: false,
  page: 1,
};

/** Reads the parameters of a list's address. What makes no sense counts as not said: the page shows what it did take. */
export function readListQuery(parameters: Readonly<Record<string, unknown>>): ListQuery {
  const text = (key: string): string => {
    const value = parameters[key];
    return typeof value === "string" ? value.trim().slice(0, LONGEST_TEXT) : "";
  };
  const page = Number(text("page"));
  return {
    search: text("search"),
    phase: PHASES.find((phase) => phase === text("phase")) ?? "",
    repository: text("repository"),
    owner: text("owner"),
    sort: SORT_KEYS.find((key) => key === text("sort")) ?? WHOLE_LIST.sort,
    descending: text("descending") === "yes",
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** Address of a list; what is as in {@link WHOLE_LIST} is left out. */
export function listAddress(query: ListQuery, changes: Partial<ListQuery> = {}): string {
  const wanted = { ...query, page: 1, ...changes };
  const parameters = new URLSearchParams();
  for (const key of ["search", "phase", "repository", "owner", "sort", "page"] as const)
    if (wanted[key] !== WHOLE_LIST[key]) parameters.set(key, String(wanted[key]));
  if (wanted.descending) parameters.set("descending", "yes");
  const text = parameters.toString();
  return text === "" ? "/" : `/?${text}`;
}
