import type { FastifyInstance } from "fastify";
import { Environments } from "../../../../platform/adapters/kubernetes/environments.ts";
import { Reviews } from "../../../../platform/adapters/kubernetes/reviews.ts";
import type { ApiRequest } from "../../../../platform/adapters/kubernetes/api.ts";
import { restApi } from "../../../../platform/api/index.ts";
import { Access } from "../../../../platform/http/access.ts";
import { EventStreams } from "../../../../platform/http/event-stream.ts";
import { Mutations } from "../../../../platform/http/mutations.ts";
import { Records } from "../../../../platform/http/records.ts";
import { portOf, serve } from "../../../../platform/http/server.ts";
import type { LogFields } from "../../../../platform/log.ts";
import { PREVIEW_ENVIRONMENT } from "../../../../spec/index.ts";
import { quietLog } from "../quiet-log.ts";
import { ScriptedApi } from "../scripted-api.ts";
import { ScriptedClock } from "../scripted-clock.ts";

export const NAMESPACE = "terrarium";
const { group, version, plural, kind } = PREVIEW_ENVIRONMENT;
/** Path of the Environment objects in the API. */
export const ENVIRONMENTS = `/apis/${group}/${version}/namespaces/${NAMESPACE}/${plural}`;
export const REPOSITORY = "https://git.example.com/team/shop";

/** Who has which token, and which rights. */
const CALLERS: Readonly<Record<string, (verb: string) => boolean>> = {
  admin: () => true,
  editor: (verb) => verb !== "update",
  viewer: (verb) => verb === "get" || verb === "list",
  nobody: () => false,
};

interface Attributes {
  readonly verb: string;
  readonly name?: string;
}

/** An API server that knows callers: the token of each is their name with "-token" after it. */
class KnowingApi extends ScriptedApi {
  /** How often it was asked who somebody is, and what they may do. */
  reviews = 0;

  override async send<T>(method: string, path: string, request: ApiRequest = {}): Promise<T> {
    const { spec } = (request.body ?? {}) as { spec?: object };
    if (path.endsWith("/tokenreviews")) return (await this.#review(path, spec, identityOf)) as T;
    if (path.endsWith("/subjectaccessreviews")) return (await this.#review(path, spec, permissionOf)) as T;
    return super.send(method, path, request);
  }

  async #review(path: string, spec: object | undefined, answer: (spec: object) => object): Promise<object> {
    this.reviews += 1;
    await super.send("GET", path).catch((error: unknown) => {
      if (this.refuse("POST", path) !== undefined) throw error;
    });
    return { status: answer(spec ?? {}) };
  }
}

function identityOf(spec: { token?: string; audiences?: readonly string[] }): object {
  const name = /^(\w+)-token$/.exec(spec.token ?? "")?.[1];
  if (name === undefined || CALLERS[name] === undefined) return { authenticated: false };
  return { authenticated: true, audiences: spec.audiences, user: { username: name, groups: ["people"] } };
}

function permissionOf(spec: { user?: string; resourceAttributes?: Attributes }): object {
  return { allowed: CALLERS[spec.user ?? ""]?.(spec.resourceAttributes?.verb ?? "") ?? false };
}

/** The HTTP server with the REST API, over an API server in memory. */
export class ApiService {
  readonly api = new KnowingApi();
  readonly clock = new ScriptedClock();
  readonly log = quietLog();
  readonly audit: LogFields[] = [];
  #server: FastifyInstance | undefined;

  /** @param requestsPerMinute of each caller. @param isListed whether the objects are listed when it starts. */
  static async start(requestsPerMinute = 100_000, isListed = true): Promise<ApiService> {
    const service = new ApiService();
    const { api, clock, log } = service;
    const environments = new Environments({
      api,
      namespace: NAMESPACE,
      watch: api.watch,
      clock,
      log,
      changed: () => undefined,
    });
    if (isListed) await environments.start();
    const reviews = new Reviews(api, NAMESPACE);
    const access = new Access({ reviews, audiences: ["terrarium"], requestsPerMinute, clock, log });
    const audit = { info: (_message: string, fields: LogFields = {}) => void service.audit.push(fields) };
    service.#server = await serve({
      port: 0,
      address: "127.0.0.1",
      notReady: () => undefined,
      metrics: { text: () => Promise.resolve({ type: "text/plain", text: "" }) },
      log,
      plugins: [
        restApi({
          environments,
          access,
          mutations: new Mutations({ environments, access, audit }),
          records: new Records(api, NAMESPACE, clock),
          streams: new EventStreams(clock),
          settings: () => {
            throw new Error("no settings here");
          },
          clock,
          log,
        }),
      ],
    });
    return service;
  }

  get url(): string {
    if (!this.#server) throw new Error("the server has not started");
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  /** Creates an object as kubectl does. */
  put(name: string, spec: object = {}, more: object = {}): void {
    const source = { repository: REPOSITORY, branch: "main" };
    const object = {
      apiVersion: `${group}/${version}`,
      kind,
      metadata: { name, namespace: NAMESPACE },
      spec: { source, ...spec },
    };
    this.api.create(ENVIRONMENTS, { ...object, ...more }, this.clock.now());
  }

  /** Sends a request. @param as whose token goes with it. */
  async send(method: string, path: string, { as = "admin", body, headers = {} }: SendOptions = {}) {
    const type = body === undefined || typeof body === "string" ? {} : { "content-type": "application/json" };
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(as === "" ? {} : { authorization: `Bearer ${as}-token` }), ...type, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : {}) as Answer,
    };
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }
}

/** What goes with a request. */
export interface SendOptions {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What tests read of answers. */
export interface Answer {
  readonly type?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string }[];
  readonly items?: readonly { readonly metadata: { readonly name: string } }[];
  readonly total?: number;
  readonly continue?: string;
  readonly metadata?: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}
