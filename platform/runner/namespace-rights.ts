import { waitUntil } from "../../clusters/wait-until.ts";
import { logNamespace, logNamespaceOf, resolveEnvironment, standardLabels } from "../../spec/index.ts";
import { type Api, isConflict, isNotFound } from "../adapters/kubernetes/api.ts";
import type { OperationRequest, Outcome } from "../domain/operation.ts";
import { namespaceLabels } from "./namespace-labels.ts";
import type { TaskSettings } from "./task.ts";

/** Arguments of {@link NamespaceRights}. */
export interface NamespaceRightsArgs {
  readonly api: Api;
  readonly settings: Pick<TaskSettings, "platform">;
  /** Name of the ClusterRole that operations need in an environment's namespaces. */
  readonly role: string;
  /** Who operations are to the API server. @default whoever this service is */
  readonly user?: string;
}

type Labels = Readonly<Record<string, string>>;

/** Name of the RoleBinding in each namespace. */
const BINDING = "terrarium-operations";

const NAMESPACES = "/api/v1/namespaces";

/** How long the API server may take to let a new binding count, in milliseconds. */
const COUNTS_WITHIN_MS = 5_000;

/**
 * Gives operations their rights where they need them and nowhere else: a role in the namespaces of one environment, bound before
 * the operation begins. So neither the service nor its operations can read a Secret of anybody else's.
 */
export class NamespaceRights {
  readonly #args: NamespaceRightsArgs;
  /** Namespaces in which destroys were refused. */
  readonly #refused = new Set<string>();
  #self: Promise<string> | undefined;

  constructor(args: NamespaceRightsArgs) {
    this.#args = args;
  }

  /**
   * Makes an environment's namespaces where they are to be, and binds the role in those that are there and the platform's own: one
   * that merely has such a name is left alone.
   *
   * @throws ApiError
   */
  async prepare(request: OperationRequest): Promise<void> {
    await Promise.all(namespacesOf(request).map((namespace) => this.#prepare(namespace, request)));
  }

  /**
   * Takes note of a destroy that was refused where it has something to delete: the namespace of its logs is gone, which not every
   * environment has. The next one finds it made.
   */
  learn({ kind, namespace }: OperationRequest, outcome: Outcome): void {
    const logs = logNamespace(namespace);
    this.#refused.delete(logs);
    const isRefused = !outcome.ok && outcome.message.includes(`in the namespace "${logs}"`);
    if (kind === "destroy" && isRefused) this.#refused.add(logs);
  }

  async #prepare(namespace: string, request: OperationRequest): Promise<void> {
    const own = namespaceLabels({ request, settings: this.#args.settings });
    const isMade = this.#isToBe(namespace, request) && (await this.#createNamespace(namespace, request, own));
    if (!isMade && !(await this.#hasLabels(namespace, own))) return;
    if ((await this.#bind(namespace)) && this.#args.user === undefined) await this.#untilAllowed(namespace);
  }

  /**
   * Whether a namespace is made where it is missing. A destroy deletes by name what the state has, and may only do so in a namespace
   * that is there, also where somebody has deleted that: the destroy deletes it at its end.
   */
  #isToBe(namespace: string, request: OperationRequest): boolean {
    if (request.kind === "destroy") return namespace === request.namespace || this.#refused.has(namespace);
    return request.kind === "apply";
  }

  /** The update says the rest about it: this is the same object as one of its resources. @returns false when it is there. */
  async #createNamespace(name: string, { namespace, description }: OperationRequest, own: Labels): Promise<boolean> {
    const partOf = description?.application ?? namespace;
    const labels = { ...standardLabels({ name, instance: namespace, partOf, component: "namespace" }), ...own };
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
    return (await ignoring(isConflict, this.#args.api.send<object>("POST", NAMESPACES, { body }))) !== undefined;
  }

  async #hasLabels(name: string, own: Labels): Promise<boolean> {
    const request = this.#args.api.send<{ metadata: { labels?: Labels } }>("GET", `${NAMESPACES}/${name}`);
    const found = await ignoring(isNotFound, request);
    return Object.entries(own).every(([label, value]) => found?.metadata.labels?.[label] === value);
  }

  /** @returns whether it is new. */
  async #bind(namespace: string): Promise<boolean> {
    const { api, role, user = await this.#whoAmI() } = this.#args;
    const body = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: BINDING, labels: { "app.kubernetes.io/managed-by": "terrarium" } },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    };
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
    const isThereOrGone = (error: unknown): boolean => isConflict(error) || isNotFound(error);
    return (await ignoring(isThereOrGone, api.send<object>("POST", path, { body }))) !== undefined;
  }

  /** Authorizers learn of a binding a moment after it was stored. */
  async #untilAllowed(namespace: string): Promise<void> {
    const { api } = this.#args;
    const resourceAttributes = { namespace, verb: "create", resource: "secrets" };
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
    };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    await waitUntil(
      async () => {
        const { status } = await api.send<{ status: { allowed: boolean } }>("POST", path, { body });
        return status.allowed ? undefined : "the binding does not count yet";
      },
      { timeoutMs: COUNTS_WITHIN_MS, everyMs: 20 },
    );
  }

  #whoAmI(): Promise<string> {
    this.#self ??= this.#args.api
      .send<{ status: { userInfo: { username: string } } }>(
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        { body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } },
      )
      .then(({ status }) => status.userInfo.username);
    this.#self.catch(() => {
      this.#self = undefined;
    });
    return this.#self;
  }
}

/** The namespaces that an operation may work in; without a description, all that the environment may have. */
function namespacesOf({ namespace, description }: OperationRequest): string[] {
  const logs = description === undefined ? logNamespace(namespace) : logsOf(description);
  return [namespace, ...(logs === undefined ? [] : [logs])];
}

/** A description that is wrong is refused by the operation itself. */
function logsOf(description: object): string | undefined {
  try {
    return logNamespaceOf(resolveEnvironment(description));
  } catch {
    return undefined;
  }
}

async function ignoring<T>(isExpected: (error: unknown) => boolean, request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isExpected(error)) return undefined;
    throw error;
  }
}
