import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { readSecretFile } from "../../secret-files.ts";

const Client = Octokit.plugin(paginateRest, retry, throttling);
/** Sends requests to GitHub. */
export type GitHubClient = InstanceType<typeof Client>;

/** How GitHub is reached, and as whom. */
export interface GitHubAccess {
  /** Address of the REST API. */
  readonly api: string;
  /** File with a token. It is read for each request: one that was renewed counts at once. */
  readonly tokenFile?: string | undefined;
  /** A GitHub App, in place of a token. */
  readonly app?: { readonly id: number; readonly privateKeyFile: string } | undefined;
}

/** Arguments of {@link GitHubClients}. */
export interface GitHubClientsArgs {
  readonly access: GitHubAccess;
  readonly clock: Clock;
  readonly log: Log;
  /** @default as GitHub asks */
  readonly pace?: Pace;
}

/** How fast requests follow each other. */
export interface Pace {
  /** Whether they keep the distances that GitHub asks for. */
  readonly isThrottled: boolean;
  /** Milliseconds of the pause after a first failure. */
  readonly retryMs: number;
}

const AS_ASKED: Pace = { isThrottled: true, retryMs: 1000 };

/** Milliseconds for an answer. */
const TIMEOUT_MS = 20_000;
/** Longest pause in seconds that a request waits for by itself; what was read before a longer one is not true any more. */
const LONGEST_PAUSE_SECONDS = 5;
/** Times that a request is made again. */
const RETRIES = 2;

/** Clients of one GitHub, by repository: an App has a token for each installation. */
export class GitHubClients {
  readonly #args: GitHubClientsArgs;
  readonly #installations = new Map<string, Promise<GitHubClient>>();
  #app: Promise<GitHubClient> | undefined;
  #token: GitHubClient | undefined;
  /** Nothing is asked before this moment, in milliseconds since 1970. */
  #pausedUntil = 0;

  constructor(args: GitHubClientsArgs) {
    this.#args = args;
  }

  /** The client for a repository. */
  of(owner: string, repo: string): Promise<GitHubClient> {
    const { app, tokenFile } = this.#args.access;
    if (app === undefined) return Promise.resolve((this.#token ??= this.#withToken(tokenFile ?? "")));
    const key = `${owner}/${repo}`;
    const known = this.#installations.get(key);
    if (known) return known;
    const made = this.#ofInstallation(owner, repo);
    this.#installations.set(key, made);
    made.catch(() => this.#installations.delete(key));
    return made;
  }

  /** The client that speaks for the App itself; undefined where there is none. */
  ofApp(): Promise<GitHubClient> | undefined {
    const { app } = this.#args.access;
    return app && (this.#app ??= this.#withApp({}));
  }

  #withToken(file: string): GitHubClient {
    const client = this.#create({});
    client.hook.before("request", async (options) => {
      options.headers.authorization = `token ${await readSecretFile(file)}`;
    });
    return client;
  }

  async #ofInstallation(owner: string, repo: string): Promise<GitHubClient> {
    const app = await this.ofApp();
    const installation = await app?.request("GET /repos/{owner}/{repo}/installation", { owner, repo });
    const client = await this.#withApp({ installationId: installation?.data.id });
    client.hook.error("request", (error) => {
      // It may have been installed anew since, under another number: who asks again finds that out.
      if (isRefused(error)) this.#installations.delete(`${owner}/${repo}`);
      throw error;
    });
    return client;
  }

  async #withApp(more: { readonly installationId?: number | undefined }): Promise<GitHubClient> {
    const { app } = this.#args.access;
    const privateKey = await readSecretFile(app?.privateKeyFile ?? "");
    return this.#create({ authStrategy: createAppAuth, auth: { appId: app?.id, privateKey, ...more } });
  }

  #create(options: object): GitHubClient {
    const { access, clock, log, pace = AS_ASKED } = this.#args;
    const limited = (seconds: number, _request: unknown, _client: unknown, retries: number): boolean => {
      this.#pausedUntil = Math.max(this.#pausedUntil, clock.now().getTime() + seconds * 1000);
      log.warn("GitHub asks for a pause", { seconds });
      return seconds <= LONGEST_PAUSE_SECONDS && retries < RETRIES;
    };
    const client = new Client({
      ...options,
      baseUrl: access.api,
      userAgent: "terrarium-platform",
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      request: { fetch: withTimeout },
      retry: { retries: RETRIES, retryAfterBaseValue: pace.retryMs },
      throttle: { enabled: pace.isThrottled, onRateLimit: limited, onSecondaryRateLimit: limited },
    });
    client.hook.before("request", () => {
      const waitMs = this.#pausedUntil - clock.now().getTime();
      if (waitMs > LONGEST_PAUSE_SECONDS * 1000)
        throw new Error(`GitHub's rate limit is used up until ${new Date(this.#pausedUntil).toISOString()}`);
    });
    return client;
  }
}

/** Whether GitHub takes a token no more, or makes none. */
function isRefused(error: Error): boolean {
  if (!("status" in error && "request" in error)) return false;
  const { url } = error.request as { readonly url: string };
  return error.status === 401 || (error.status === 404 && url.endsWith("/access_tokens"));
}

function withTimeout(address: string | URL, options: RequestInit = {}): Promise<Response> {
  return fetch(address, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

function quiet(): void {
  // The service's own log says what failed, once.
}
