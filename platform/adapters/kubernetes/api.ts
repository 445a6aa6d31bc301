import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  PatchStrategy,
  RequestContext,
} from "@kubernetes/client-node";

/** An API server refused a request, or did not answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 where no answer came. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether an error says that the object is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Whether an error says that the object was changed by somebody else, or is there already. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** What goes with a request. */
export interface ApiRequest {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Milliseconds until it is given up. @default 10000 */
  readonly timeoutMs?: number;
  /** Whether the answer is text. @default false JSON */
  readonly isText?: boolean;
}

/** How the service talks to an API server; tests put a scripted one in its place. */
export interface Api {
  /** @throws ApiError */
  send<T>(method: keyof typeof HttpMethod, path: string, request?: ApiRequest): Promise<T>;
}

/**
 * Requests to an API server over a few connections that stay open: the client's generated classes open a new one, with its
 * TLS handshake, for each request, and none of theirs ends when no answer comes.
 */
export class KubernetesApi implements Api {
  readonly #config: KubeConfig;
  readonly #http = new IsomorphicFetchHttpLibrary();
  #connections: ReturnType<RequestContext["getDispatcher"]>;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  async send<T>(method: keyof typeof HttpMethod, path: string, request: ApiRequest = {}): Promise<T> {
    const { query = {}, body, timeoutMs = 10_000, isText = false } = request;
    const server = this.#config.getCurrentCluster()?.server ?? "";
    const context = new RequestContext(`${server}${path}`, HttpMethod[method]);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    context.setHeaderParam("Accept", isText ? "*/*" : "application/json");
    context.setHeaderParam("User-Agent", "terrarium-platform");
    if (body !== undefined) {
      context.setHeaderParam("Content-Type", method === "PATCH" ? PatchStrategy.MergePatch : "application/json");
      context.setBody(JSON.stringify(body));
    }
    await this.#config.applySecurityAuthentication(context);
    this.#connections ??= context.getDispatcher();
    if (this.#connections) context.setDispatcher(this.#connections);
    context.setSignal(AbortSignal.timeout(timeoutMs));
    const { status, text } = await this.#answer(context).catch((error: unknown) => {
      throw new ApiError(0, `${method} ${path}: no answer: ${rootCause(error)}`);
    });
    if (status < 200 || status > 299) throw new ApiError(status, `${method} ${path}: ${status} ${messageOf(text)}`);
    return (isText ? text : text === "" ? undefined : JSON.parse(text)) as T;
  }

  async #answer(context: RequestContext): Promise<{ status: number; text: string }> {
    const response = await this.#http.send(context).toPromise();
    return { status: response.httpStatusCode, text: await response.body.text() };
  }
}

/** The message of a Status object; nothing else of an answer is repeated: it may hold what a request did. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}

function rootCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootCause(error.cause);
}
