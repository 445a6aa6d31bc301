import { setTimeout } from "node:timers/promises";
import { markOf } from "../../platform/http/log-lines.ts";
import {
  formatProblem,
  type PreviewEnvironment,
  type PreviewEnvironmentManifest,
  type Problem,
} from "../../spec/index.ts";
import { CommandFailure, UsageFailure } from "../exit.ts";
import type { EnvironmentClient, EnvironmentEvent } from "./client.ts";
import { readEventStream, type StreamedEvent } from "./event-stream.ts";

/** What {@link ServiceClient} is made from. */
export interface ServiceClientArgs {
  /** Address of the platform service. */
  readonly server: URL;
  /** Gives the token to send; it may end while a command runs. */
  readonly token: () => Promise<string>;
}

interface Page {
  readonly items: PreviewEnvironment[];
  readonly continue?: string;
}

/** Environments that are asked for at once, at most; lines of a log that are kept. */
const [PAGE, KEPT_LINES] = [500, 400];
/** Milliseconds that an answer may take, and before a stream that broke is opened again. */
const [TIMEOUT_MS, AGAIN_MS] = [30_000, 2_000];

/** The environments of a platform service through its own API. */
export class ServiceClient implements EnvironmentClient {
  readonly #args: ServiceClientArgs;

  constructor(args: ServiceClientArgs) {
    this.#args = args;
  }

  create(manifest: PreviewEnvironmentManifest, isDryRun: boolean): Promise<PreviewEnvironment> {
    return this.#send("POST", isDryRun ? "?dryRun=true" : "", manifest);
  }

  async list(selector?: string): Promise<PreviewEnvironment[]> {
    const found: PreviewEnvironment[] = [];
    const query = new URLSearchParams({ limit: String(PAGE), ...(selector ? { labelSelector: selector } : {}) });
    for (;;) {
      const page = await this.#send<Page>("GET", `?${query.toString()}`);
      found.push(...page.items);
      if (page.continue === undefined) return found;
      query.set("continue", page.continue);
    }
  }

  read(name: string): Promise<PreviewEnvironment> {
    return this.#send("GET", at(name));
  }

  delete(name: string): Promise<void> {
    return this.#send("DELETE", at(name));
  }

  extend(name: string, byMs: number): Promise<PreviewEnvironment> {
    return this.#send("POST", at(name, "extend"), { by: toSpan(byMs) });
  }

  sleep(name: string): Promise<PreviewEnvironment> {
    return this.#send("POST", at(name, "sleep"));
  }

  wake(name: string): Promise<PreviewEnvironment> {
    return this.#send("POST", at(name, "wake"));
  }

  async events(name: string): Promise<readonly EnvironmentEvent[]> {
    return (await this.#send<{ items: EnvironmentEvent[] }>("GET", at(name, "events"))).items;
  }

  async *follow(name: string, signal: AbortSignal): AsyncGenerator<PreviewEnvironment | undefined, void> {
    for await (const { event, data } of this.#stream(at(name, "events"), signal)) {
      if (event === "environment") yield JSON.parse(data) as PreviewEnvironment;
      if (event === "gone") yield undefined;
    }
  }

  async *followLog(name: string, signal: AbortSignal): AsyncGenerator<readonly string[] | undefined, void> {
    let { lines } = await this.#send<{ lines: readonly string[] }>("GET", at(name, "log"));
    yield lines.length === 0 ? undefined : lines;
    for await (const { event, data } of this.#stream(at(name, "log"), signal, markOf(lines))) {
      if (event !== "log") continue;
      lines = [...lines, ...(JSON.parse(data) as { lines: readonly string[] }).lines].slice(-KEPT_LINES);
      yield lines;
    }
  }

  /** The events of a stream, which is opened again wherever it ends. An environment that is not there is gone. */
  async *#stream(path: string, signal: AbortSignal, lastId?: string): AsyncGenerator<StreamedEvent, void> {
    while (!signal.aborted) {
      const headers = { accept: "text/event-stream", ...(lastId === undefined ? {} : { "last-event-id": lastId }) };
      try {
        const response = await this.#request("GET", path, { headers, signal });
        if (response.status === 404) yield { event: "gone", data: "" };
        else if (!response.ok) throw await failure(response);
        else
          for await (const event of readEventStream(response.body ?? empty())) {
            lastId = event.id ?? lastId;
            yield event;
          }
      } catch (error) {
        if (error instanceof CommandFailure && !(error instanceof NoAnswer)) throw error;
      }
      await setTimeout(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #send<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.#request(method, path, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok) throw await failure(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async #request(method: string, path: string, init: RequestInit): Promise<Response> {
    const { server, token } = this.#args;
    const address = `${server.href.replace(/\/+$/, "")}/api/v1/environments${path}`;
    const authorization = `Bearer ${await token()}`;
    try {
      // A token is for this server, and not for where that might point to.
      return await fetch(address, {
        method,
        redirect: "error",
        ...init,
        headers: { ...(init.headers as Record<string, string> | undefined), authorization },
      });
    } catch (error) {
      throw new NoAnswer(`The platform service at ${server.origin} does not answer: ${rootCause(error)}`);
    }
  }
}

/** No answer came; another try may get one. */
class NoAnswer extends CommandFailure {}

async function failure(response: Response): Promise<CommandFailure> {
  const { detail = `status ${response.status}`, errors = [] } = (await response.json().catch(() => ({}))) as {
    readonly detail?: string;
    readonly errors?: readonly Problem[];
  };
  const said = [detail, ...errors.map(formatProblem)].join("\n");
  switch (response.status) {
    case 400:
    case 422:
      return new UsageFailure(`The platform service refuses it; nothing was changed.\n${said}`);
    case 401:
      return new CommandFailure(
        `The platform service does not know who you are. ${said}\n--token-file names a file with one.`,
      );
    case 404:
      return new CommandFailure(`${said} \`terrarium env list\` shows those that are there.`);
    case 503:
      return new NoAnswer(`The platform service can't answer now: ${said}`);
    default:
      return new CommandFailure(`The platform service refuses it: ${said}`);
  }
}

function at(name: string, part?: string): string {
  return [``, encodeURIComponent(name), ...(part === undefined ? [] : [part])].join("/");
}

/** Whole minutes as people write them. */
function toSpan(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes % 1440 === 0) return `${minutes / 1440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

async function* empty(): AsyncGenerator<Uint8Array, void> {
  // A body that is not there.
}

function rootCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootCause(error.cause);
}
