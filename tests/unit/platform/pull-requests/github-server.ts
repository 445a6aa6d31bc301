import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { components } from "@octokit/openapi-types/types.d.ts";
import type { WebhookDefinition } from "@octokit/webhooks-examples";
import { sign } from "@octokit/webhooks-methods";

type Schemas = components["schemas"];
type Json = Readonly<Record<string, unknown>>;

/** A pull request as a test has it. */
export interface GitHubPull {
  readonly number: number;
  state: "open" | "closed";
  draft: boolean;
  sha: string;
  ref: string;
  base: string;
  labels: string[];
  author: string;
  fork: boolean;
  files: string[];
}

/** What the server says in place of an answer. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it does what it was asked for all the same. @default false */
  readonly isDone?: boolean;
}

export interface GitHubComment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  body: string;
  readonly created: string;
  updated: string;
}

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as WebhookDefinition[];
/** A pull request with its repository, as GitHub has sent one. */
const EXAMPLE = examples.find(({ name }) => name === "pull_request")?.examples[0] as unknown as Json & {
  readonly pull_request: Json & { readonly head: Json; readonly base: Json & { readonly repo: Json } };
};
const USER = EXAMPLE["sender"] as Json;

/** GitHub's REST API with one repository, as far as the service uses it: its shapes, pages, errors and rate limits. */
export class GitHubServer {
  readonly repository: string;
  readonly pulls = new Map<number, GitHubPull>();
  readonly comments: GitHubComment[] = [];
  readonly statuses: (Json & { readonly sha: string; readonly state: string })[] = [];
  readonly deployments: { id: number; sha: string; environment: string; states: string[] }[] = [];
  /** Roles by user; everybody else may read. */
  readonly roles = new Map<string, string>();
  /** The App's installation; tokens of another one count no more. */
  installation = 77;
  /** "METHOD path" of each request. */
  readonly requests: string[] = [];
  /** Authorizations that were sent. */
  readonly authorizations = new Set<string>();
  /** Says which requests are refused. */
  refuse: (method: string, path: string) => Refusal | undefined = () => undefined;
  readonly #server: Server;
  #ids = 1000;
  #seconds = 0;

  private constructor(repository: string, server: Server) {
    this.repository = repository;
    this.#server = server;
  }

  static async start(repository = "team/shop"): Promise<GitHubServer> {
    const server = createServer((request, response) => void made.#take(request, response));
    const made = new GitHubServer(repository, server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  open(number: number, differing: Partial<GitHubPull> = {}): GitHubPull {
    const pull: GitHubPull = {
      ...{ number, state: "open", draft: false, sha: shaOf(number, 1), ref: `feature/${number}`, base: "main" },
      ...{ labels: [], author: "ada", fork: false, files: ["apps/web/a.ts"] },
      ...differing,
    };
    this.pulls.set(number, pull);
    return pull;
  }

  say(issue: number, author: string, body: string): GitHubComment {
    const created = this.#now();
    const comment = { id: ++this.#ids, issue, author, body, created, updated: created };
    this.comments.push(comment);
    return comment;
  }

  edit(comment: GitHubComment, body: string): void {
    comment.body = body;
    comment.updated = this.#now();
  }

  /** A webhook about a pull request, as GitHub sends it. */
  async webhook(number: number, action: string, secret: string, event = "pull_request"): Promise<RequestInit> {
    const about =
      event === "issue_comment"
        ? { issue: { number, pull_request: { url: `${this.url}/repos/${this.repository}/pulls/${number}` } } }
        : { number, pull_request: this.#pull(this.#find(number)) };
    const payload = { ...EXAMPLE, action, ...about, repository: this.#repository(this.repository) };
    const body = JSON.stringify(payload);
    return {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/044aadd",
        "x-github-delivery": randomUUID(),
        "x-github-event": event,
        "x-hub-signature-256": await sign(secret, body),
      },
    };
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const { method = "GET" } = request;
    this.requests.push(`${method} ${url.pathname}`);
    this.authorizations.add(request.headers.authorization ?? "");
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const token = /^token (ghs_.*)$/.exec(request.headers.authorization ?? "")?.[1];
    const isRevoked = token !== undefined && token !== `ghs_${this.installation}`;
    const refused = isRevoked ? { status: 401 } : this.refuse(method, url.pathname);
    if (refused) {
      if (refused.isDone) this.#answer(method, url, JSON.parse(text || "{}") as Json);
      answer(response, refused.status, { message: "refused" }, refused.headers);
      return;
    }
    const { status = 200, body } = this.#answer(method, url, JSON.parse(text || "{}") as Json) ?? {
      status: 404,
      body: { message: "Not Found", documentation_url: "https://docs.github.com/rest", status: "404" },
    };
    if (Array.isArray(body)) this.#page(response, url, body);
    else answer(response, status, body);
  }

  #answer(method: string, url: URL, body: Json): { status?: number; body: unknown } | undefined {
    const own = `/repos/${this.repository}`;
    const { pathname: path } = url;
    if (path === "/user") return { body: { ...USER, login: "terrarium-bot" } };
    if (path === "/app") return { body: { id: 7, slug: "terrarium", name: "Terrarium" } };
    if (path === `${own}/installation`) return { body: { id: this.installation } };
    if (path === `/app/installations/${this.installation}/access_tokens`)
      return {
        status: 201,
        body: { token: `ghs_${this.installation}`, expires_at: "2999-01-01T00:00:00Z", permissions: {} },
      };
    if (!path.startsWith(`${own}/`)) return undefined;
    const [kind = "", id = "", part = "", last = ""] = path.slice(own.length + 1).split("/");
    switch (`${method} ${kind}${id === "" ? "" : " :"}${part === "" ? "" : ` ${part}`}`) {
      case "GET pulls":
        return {
          body: [...this.pulls.values()].filter(({ state }) => state === "open").map((each) => this.#pull(each)),
        };
      case "GET pulls :": {
        const pull = this.pulls.get(Number(id));
        return pull && { body: this.#pull(pull) };
      }
      case "GET pulls : files":
        return { body: this.#find(Number(id)).files.map((filename) => ({ filename, status: "modified", sha: "0" })) };
      case "GET issues : comments":
        return { body: this.comments.filter(({ issue }) => issue === Number(id)).map(toComment) };
      case "POST issues : comments":
        return { status: 201, body: toComment(this.say(Number(id), "terrarium-bot", String(body["body"]))) };
      case `PATCH issues : ${part}`: {
        const comment = this.comments.find((each) => each.id === Number(part));
        if (comment) this.edit(comment, String(body["body"]));
        return comment && { body: toComment(comment) };
      }
      case "GET collaborators : permission": {
        const role = this.roles.get(id) ?? "read";
        const permission = { maintain: "write", triage: "read" }[role] ?? role;
        return { body: { permission, role_name: role, user: { ...USER, login: id } } };
      }
      case "POST statuses :":
        this.statuses.push({ ...body, sha: id, state: String(body["state"]) });
        return { status: 201, body: { ...body, id: ++this.#ids } };
      case "GET deployments": {
        const { sha, environment } = Object.fromEntries(url.searchParams);
        return { body: this.deployments.filter((each) => each.sha === sha && each.environment === environment) };
      }
      case "POST deployments": {
        const made = {
          id: ++this.#ids,
          sha: String(body["ref"]),
          environment: String(body["environment"]),
          states: [],
        };
        this.deployments.push(made);
        return { status: 201, body: made };
      }
      case "POST deployments : statuses":
        this.deployments.find((each) => each.id === Number(id))?.states.push(String(body["state"]));
        return { status: 201, body: { ...body, id: ++this.#ids, url: last } };
      default:
        return undefined;
    }
  }

  /** Pages as GitHub's: at most 100 items, and the way to the next one in a header. */
  #page(response: ServerResponse, url: URL, items: readonly unknown[]): void {
    const size = Math.min(Number(url.searchParams.get("per_page") ?? 30), 100);
    const page = Number(url.searchParams.get("page") ?? 1);
    const next = new URL(url);
    next.searchParams.set("page", String(page + 1));
    const link = page * size < items.length ? { link: `<${next.href}>; rel="next"` } : undefined;
    answer(response, 200, items.slice((page - 1) * size, page * size), link);
  }

  #find(number: number): GitHubPull {
    const found = this.pulls.get(number);
    if (found === undefined) throw new Error(`there is no pull request ${number}`);
    return found;
  }

  #pull({ number, state, draft, sha, ref, base, labels, author, fork }: GitHubPull) {
    const differing = {
      number,
      state,
      draft,
      html_url: `https://github.com/${this.repository}/pull/${number}`,
      labels: labels.map((name, id) => ({
        ...{ id, node_id: "", url: "", name, description: "", color: "ededed", default: false },
      })),
    } satisfies Partial<Schemas["pull-request-simple"]>;
    return {
      ...EXAMPLE.pull_request,
      ...differing,
      user: { ...USER, login: author } satisfies Json & Pick<Schemas["simple-user"], "login">,
      head: {
        ...EXAMPLE.pull_request.head,
        ...({ sha, ref } satisfies Partial<Schemas["pull-request-simple"]["head"]>),
        repo: this.#repository(fork ? "stranger/shop" : this.repository),
      },
      base: { ...EXAMPLE.pull_request.base, ref: base, repo: this.#repository(this.repository) },
    };
  }

  #repository(full_name: string) {
    return {
      ...EXAMPLE.pull_request.base.repo,
      ...({ full_name, name: full_name.split("/")[1] ?? "" } satisfies Partial<Schemas["repository"]>),
    };
  }

  #now(): string {
    return new Date(Date.parse("2026-03-01T12:00:00Z") + ++this.#seconds * 1000).toISOString().replace(".000", "");
  }
}

/** The n-th commit of a pull request. */
export function shaOf(pull: number, n: number): string {
  return `${n.toString(16).padStart(8, "0")}${pull.toString(16).padStart(32, "0")}`;
}

function toComment({ id, issue, author, body, created, updated }: GitHubComment) {
  return {
    ...{ id, node_id: "", url: "", html_url: "", issue_url: `/issues/${issue}` },
    user: { ...USER, login: author } as unknown as Schemas["simple-user"],
    ...{ body, created_at: created, updated_at: updated, author_association: "CONTRIBUTOR" },
  } satisfies Schemas["issue-comment"];
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Refusal["headers"] = {}): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    ...headers,
  });
  response.end(JSON.stringify(body));
}
