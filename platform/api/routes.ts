import type { z } from "zod";
import type { ProblemCode } from "../http/problem.ts";
import {
  approvalSchema,
  createQuerySchema,
  diffSchema,
  environmentListSchema,
  environmentSchema,
  eventListSchema,
  extensionSchema,
  listQuerySchema,
  logSchema,
  manifestSchema,
} from "./schemas.ts";

/** What everything of the API begins with. */
export const API_PATH = "/api/v1";

/** One route as both callers and the server read it. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below {@link API_PATH}; `:name` stands for an environment's name. */
  readonly path: string;
  readonly summary: string;
  /** The right that it takes, as roles have it. */
  readonly right: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Status and content of the answer where all is well. */
  readonly status: 200 | 201 | 204;
  readonly answer?: z.ZodType;
  /** Whether it is also served as a stream of events, and what these are. */
  readonly stream?: string;
  /** What else may be answered, beside what every route answers. */
  readonly problems: readonly ProblemCode[];
}

const change = { method: "POST", status: 200, answer: environmentSchema } as const;
const CHANGE_PROBLEMS: readonly ProblemCode[] = ["not-found", "conflict", "invalid"];

/** All routes of environments. */
export const ROUTES = {
  listEnvironments: {
    method: "GET",
    path: "/environments",
    summary: "List environments, a page at a time",
    right: "list environments",
    query: listQuerySchema,
    status: 200,
    answer: environmentListSchema,
    problems: [],
  },
  createEnvironment: {
    method: "POST",
    path: "/environments",
    summary: "Create an environment",
    right: "create environments; where the object has pullRequest or approval, also update environments/approve",
    query: createQuerySchema,
    body: manifestSchema,
    status: 201,
    answer: environmentSchema,
    problems: ["conflict", "invalid"],
  },
  getEnvironment: {
    method: "GET",
    path: "/environments/:name",
    summary: "Get an environment",
    right: "get environments",
    status: 200,
    answer: environmentSchema,
    problems: ["not-found"],
  },
  deleteEnvironment: {
    method: "DELETE",
    path: "/environments/:name",
    summary: "Delete an environment; it goes when everything of it is gone",
    right: "delete environments",
    status: 204,
    problems: ["not-found", "conflict"],
  },
  extendEnvironment: {
    ...change,
    path: "/environments/:name/extend",
    summary: "Keep an environment longer",
    right: "patch environments",
    body: extensionSchema,
    problems: CHANGE_PROBLEMS,
  },
  putEnvironmentToSleep: {
    ...change,
    path: "/environments/:name/sleep",
    summary: "Put an environment to sleep",
    right: "patch environments",
    problems: CHANGE_PROBLEMS,
  },
  wakeEnvironment: {
    ...change,
    path: "/environments/:name/wake",
    summary: "Wake an environment",
    right: "patch environments",
    problems: CHANGE_PROBLEMS,
  },
  approveEnvironment: {
    ...change,
    path: "/environments/:name/approve",
    summary: "Let one commit of a fork run",
    right: "update environments/approve",
    body: approvalSchema,
    problems: CHANGE_PROBLEMS,
  },
  getDiff: {
    method: "GET",
    path: "/environments/:name/diff",
    summary: "Get what the last update of an environment changed",
    right: "get environments",
    status: 200,
    answer: diffSchema,
    problems: ["not-found"],
  },
  getLog: {
    method: "GET",
    path: "/environments/:name/log",
    summary: "Get the log of the last operation on an environment, or of the one that runs",
    right: "get environments",
    status: 200,
    answer: logSchema,
    stream: '`log` with { "lines": [...] }, the lines that are new',
    problems: ["not-found", "not-acceptable"],
  },
  getEvents: {
    method: "GET",
    path: "/environments/:name/events",
    summary: "Get the events about an environment",
    right: "get environments",
    status: 200,
    answer: eventListSchema,
    stream:
      "`environment` with the Environment, as it is and whenever it changes; `event` with each Event that is new; `gone`, once, when it is not there any more",
    problems: ["not-found", "not-acceptable"],
  },
} as const satisfies Readonly<Record<string, Route>>;

/** Name of a route, as generated clients call it. */
export type RouteId = keyof typeof ROUTES;
