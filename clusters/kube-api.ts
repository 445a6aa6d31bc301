import { Agent, request } from "node:https";

/** Milliseconds after which an API server gives a change up itself: a busy one takes its time over large definitions. */
const CHANGE_TIMEOUT_MS = 60_000;

/** How to reach an API server with a client certificate. */
export interface KubeEndpoint {
  /** For example `https://127.0.0.1:20000`. */
  readonly server: string;
  /** PEM texts. */
  readonly certificateAuthority: Buffer;
  readonly clientCertificate: Buffer;
  readonly clientKey: Buffer;
}

/** An answer of the API server. */
export interface KubeResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * A few calls to an API server without starting a program for each. For anything more, use kubectl.
 */
export class KubeApi {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(endpoint: KubeEndpoint) {
    this.#server = endpoint.server;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 16,
      ca: endpoint.certificateAuthority,
      cert: endpoint.clientCertificate,
      key: endpoint.clientKey,
    });
  }

  /**
   * Sends one request.
   *
   * @param timeoutMs milliseconds until the request is given up. @default 10000
   * @throws when there is no answer.
   */
  send(method: string, path: string, body?: { type: string; text: string }, timeoutMs = 10_000): Promise<KubeResponse> {
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.#server}${path}`,
        {
          method,
          agent: this.#agent,
          timeout: timeoutMs,
          headers: { accept: "application/json", ...(body ? { "content-type": body.type } : {}) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
          });
          response.on("error", reject);
        },
      );
      call.on("timeout", () => call.destroy(new Error(`${method} ${path}: no answer in ${timeoutMs / 1000} s`)));
      call.on("error", reject);
      call.end(body?.text);
    });
  }

  /** Whether the API server answers that it is ready; false also when nothing answers. */
  async ready(timeoutMs = 2_000): Promise<boolean> {
    try {
      return (await this.send("GET", "/readyz", undefined, timeoutMs)).status === 200;
    } catch {
      return false;
    }
  }

  /** Reads an object or a list; undefined when it does not exist. */
  async read(path: string): Promise<unknown> {
    const response = await this.send("GET", path);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${message(response)}`);
    return JSON.parse(response.body) as unknown;
  }

  /**
   * Creates or updates an object by server-side apply.
   *
   * @param path of the object, name included.
   * @param manifest YAML or JSON text.
   */
  async apply(path: string, manifest: string): Promise<void> {
    const query = "fieldManager=terrarium&force=true";
    const body = { type: "application/apply-patch+yaml", text: manifest };
    const response = await this.send("PATCH", `${path}?${query}`, body, CHANGE_TIMEOUT_MS);
    if (response.status >= 300) throw new Error(`apply ${path}: ${response.status} ${message(response)}`);
  }

  /** Closes idle connections, so that the process can end. */
  close(): void {
    this.#agent.destroy();
  }
}

function message(response: KubeResponse): string {
  try {
    const parsed = JSON.parse(response.body) as { message?: unknown };
    return typeof parsed.message === "string" ? parsed.message : response.body;
  } catch {
    return response.body.slice(0, 300);
  }
}
