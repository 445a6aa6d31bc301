import type { FastifyReply, FastifyRequest } from "fastify";
import type { WorkloadState } from "../adapters/kubernetes/workloads.ts";
import type { Caller } from "../http/access.ts";
import type { HttpContext } from "../http/context.ts";
import type { PodLogs } from "../http/pod-logs.ts";
import { sessionToken } from "../http/session.ts";
import { Estimates } from "./estimates.ts";
import { PAGE_HEADERS } from "./headers.ts";
import type { LeftoverFacts } from "./leftovers-view.ts";
import type { ViewContext } from "./list-view.ts";
import { type AssetAddresses, layOutPage, type Page } from "./pages/layout.ts";

/** What the dashboard looks up beside Environment objects and their records. */
export interface DashboardSources {
  /** What is in a namespace; undefined where the service may not see it. */
  readonly workloads: (namespace: string) => Promise<readonly WorkloadState[] | undefined>;
  readonly pods: Pick<PodLogs, "containers" | "log">;
  readonly leftovers: () => Promise<Pick<LeftoverFacts, "reported" | "removed">>;
}

/** What is said once after something was done, by the word for it in the page's address. */
const NOTICES: Readonly<Record<string, string>> = {
  extend: "It is kept longer.",
  sleep: "It is being put to sleep.",
  wake: "It is being woken.",
  approve: "The commit is approved.",
  delete: "It is being deleted.",
};

/** What the dashboard's routes have in common. */
export class Desk {
  readonly context: HttpContext;
  readonly sources: DashboardSources;
  readonly #assets: AssetAddresses;
  readonly #estimates: Estimates;

  constructor(context: HttpContext, sources: DashboardSources, assets: AssetAddresses) {
    this.context = context;
    this.sources = sources;
    this.#assets = assets;
    this.#estimates = new Estimates(() => context.settings().domain);
  }

  /** What views of now are made with. */
  get view(): ViewContext {
    const { clock, settings } = this.context;
    return { now: clock.now(), estimates: this.#estimates, prices: settings().config.prices };
  }

  /** Answers with a page. @param caller undefined: nobody is signed in. */
  show(request: FastifyRequest, reply: FastifyReply, page: Page, caller?: Caller): FastifyReply {
    const done = (request.query as Readonly<Record<string, unknown>>)["done"];
    const queue = this.context.environments.list().filter(({ status }) => status?.position !== undefined).length;
    const markup = layOutPage(page, {
      assets: this.#assets,
      user: caller?.name,
      hasSession: sessionToken(request) !== undefined,
      queue,
      notice: typeof done === "string" && Object.hasOwn(NOTICES, done) ? NOTICES[done] : undefined,
    });
    return reply.headers(PAGE_HEADERS).send(markup.toString());
  }
}
