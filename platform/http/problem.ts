import type { Problem } from "../../spec/index.ts";

/** Every kind of problem that a request is answered with: its status and its title, which are always the same. */
export const PROBLEMS = {
  "bad-request": { status: 400, title: "The request can't be read" },
  unauthenticated: { status: 401, title: "Who asks is not known" },
  forbidden: { status: 403, title: "The caller may not do this" },
  "not-found": { status: 404, title: "There is no such thing" },
  "method-not-allowed": { status: 405, title: "The method is not served here" },
  "not-acceptable": { status: 406, title: "It is not served in a type that the caller accepts" },
  timeout: { status: 408, title: "The request took too long to arrive" },
  conflict: { status: 409, title: "It does not fit what is there" },
  "too-large": { status: 413, title: "The request is too large" },
  "unsupported-media-type": { status: 415, title: "The body is of a type that is not read here" },
  invalid: { status: 422, title: "What is asked for is not valid" },
  "too-many-requests": { status: 429, title: "The caller asks too often" },
  "headers-too-large": { status: 431, title: "The request's headers are too large" },
  internal: { status: 500, title: "The service has failed" },
  unavailable: { status: 503, title: "The service can't answer now" },
} as const;

/** See {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Media type of problems. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const PROBLEM_TYPE = "application/problem+json";

/** What goes with a problem. */
export interface HttpProblemOptions {
  /** What is wrong with single values of the request. */
  readonly errors?: readonly Problem[];
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is not done. The message says why and what to do, to the caller; it holds no secret. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly code: ProblemCode;
  readonly errors: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, { errors = [], headers = {} }: HttpProblemOptions = {}) {
    super(detail);
    this.code = code;
    this.errors = errors;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** The body of the answer. */
  toJSON(): object {
    const { status, title } = PROBLEMS[this.code];
    const errors = this.errors.length === 0 ? {} : { errors: this.errors };
    return { type: `urn:terrarium:problem:${this.code}`, title, status, detail: this.message, ...errors };
  }
}

/** Turns anything that was thrown into a problem. What is nobody's problem but the service's says nothing of its cause. */
export function toHttpProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  const code = Object.entries(PROBLEMS).find(([, problem]) => problem.status === status)?.[0] as
    ProblemCode | undefined;
  if (code === undefined || PROBLEMS[code].status >= 500)
    return new HttpProblem("internal", "The service's log says more.");
  return new HttpProblem(code, (error as Error).message);
}
