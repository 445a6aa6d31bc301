import { ApiError } from "../adapters/kubernetes/api.ts";
import { HttpProblem, type ProblemCode } from "./problem.ts";

const CODES: Readonly<Record<number, ProblemCode>> = {
  400: "invalid",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  413: "too-large",
  422: "invalid",
};

/** Turns what the API server said to a request that was made for a caller into an answer; other errors stay what they are. */
export function clusterProblem(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const code = CODES[error.status];
  // The client puts method, path and status before what the API server says.
  const said = error.message.replace(/^\w+ \S+: (\d+ |no answer: )/, "");
  if (code !== undefined) return new HttpProblem(code, said === "" ? "The cluster refuses it." : said);
  return new HttpProblem("unavailable", "The cluster does not answer.", { headers: { "retry-after": "5" } });
}
