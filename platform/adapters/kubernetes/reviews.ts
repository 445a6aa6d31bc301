import { PREVIEW_ENVIRONMENT } from "../../../spec/index.ts";
import type { Api } from "./api.ts";

/** Somebody, as the cluster knows them. */
export interface Identity {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  /** What the authenticator knows beside it; its meaning is the cluster's own. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What somebody may do with environments and their pods, in the words of roles. */
export interface Permission {
  readonly verb: "get" | "list" | "create" | "update" | "patch" | "delete";
  /** @default "environments" */
  readonly resource?: "environments" | "pods";
  /** @default the objects themselves */
  readonly subresource?: string;
  /** @default that of the Environment objects */
  readonly namespace?: string;
  /** @default all of them */
  readonly name?: string;
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean };
}

/** Milliseconds that somebody waits at most for the API server's word on who they are and what they may do. */
const TIMEOUT_MS = 5_000;

/** Asks the API server who somebody is and what they may do. Both throw an ApiError where it gives no answer. */
export class Reviews {
  readonly #api: Api;
  readonly #namespace: string;

  /** @param namespace of the Environment objects. */
  constructor(api: Api, namespace: string) {
    this.#api = api;
    this.#namespace = namespace;
  }

  /** @returns whose token it is; undefined where it is nobody's, or was not made for any of the audiences. */
  async identify(token: string, audiences: readonly string[]): Promise<Identity | undefined> {
    const { status } = await this.#create<TokenReview>("authentication.k8s.io", "TokenReview", { token, audiences });
    const { username, uid, groups = [], extra = {} } = status?.user ?? {};
    // An authenticator that knows nothing of audiences names none: its tokens were made for the API server.
    const isMeant = status?.audiences?.some((audience) => audiences.includes(audience)) ?? false;
    if (status?.authenticated !== true || !isMeant || username === undefined || username === "") return undefined;
    return { name: username, groups, extra, ...(uid === undefined ? {} : { uid }) };
  }

  async isAllowed(
    { name: user, uid, groups, extra }: Identity,
    { verb, resource = "environments", subresource, namespace = this.#namespace, name }: Permission,
  ): Promise<boolean> {
    const { group, version, plural } = PREVIEW_ENVIRONMENT;
    const kind = resource === "pods" ? { group: "", version: "v1", resource } : { group, version, resource: plural };
    const resourceAttributes = { namespace, verb, ...kind, subresource, name };
    const spec = { user, uid, groups, extra, resourceAttributes };
    const { status } = await this.#create<SubjectAccessReview>("authorization.k8s.io", "SubjectAccessReview", spec);
    return status?.allowed === true && status.denied !== true;
  }

  #create<T>(group: string, kind: string, spec: object): Promise<T> {
    const apiVersion = `${group}/v1`;
    return this.#api.send("POST", `/apis/${apiVersion}/${kind.toLowerCase()}s`, {
      body: { apiVersion, kind, spec },
      timeoutMs: TIMEOUT_MS,
    });
  }
}
