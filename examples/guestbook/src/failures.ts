/** A request can't be answered as it is; its status and message go to the client. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** Something that the service needs does not answer; the request may succeed later. */
export class UnavailableError extends RequestError {
  /** @param dependency what does not answer, e.g. "postgres". */
  constructor(dependency: string, cause: unknown) {
    super(503, "unavailable", `${dependency} does not answer`);
    this.cause = cause;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Rejects when `work` takes longer; a probe must answer before the kubelet stops waiting. */
export async function withDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
