import { isConflict } from "../adapters/kubernetes/api.ts";
import type { Environments } from "../adapters/kubernetes/environments.ts";
import type { Log } from "../log.ts";
import type { PreviewEnvironment, PreviewEnvironmentManifest } from "../../spec/index.ts";
import type { Access, Caller, Verb } from "./access.ts";
import { clusterProblem } from "./cluster-problem.ts";
import { HttpProblem, toHttpProblem } from "./problem.ts";

/** What callers have done to environments. */
export type Action = "create" | "delete" | "extend" | "sleep" | "wake" | "approve";

/** How often a change is tried on a version that is no more when it arrives. */
const TRIES = 5;

/** Arguments of {@link Mutations}. */
export interface MutationsArgs {
  readonly environments: Pick<Environments, "create" | "read" | "change" | "remove">;
  readonly access: Pick<Access, "demand">;
  /** Takes a line for everything that is done or refused. */
  readonly audit: Pick<Log, "info">;
}

/**
 * What callers change, each by their own rights and with a line in the audit log: who, what, with what result. The line says
 * nothing of what a request holds. All methods throw an HttpProblem.
 */
export class Mutations {
  readonly #args: MutationsArgs;

  constructor(args: MutationsArgs) {
    this.#args = args;
  }

  /** Creates an environment, or only has the API server check it. */
  create(caller: Caller, manifest: PreviewEnvironmentManifest, isDryRun = false): Promise<PreviewEnvironment> {
    const { name } = manifest.metadata;
    const isApproval = "approval" in manifest.spec || "pullRequest" in manifest.spec;
    const verbs: Verb[] = isApproval ? ["create", "approve"] : ["create"];
    return this.#do(caller, "create", name, verbs, () => this.#args.environments.create(manifest, isDryRun), isDryRun);
  }

  /**
   * Changes an environment.
   *
   * @param patch gives a merge patch of the object as it is now; it is not applied to another version.
   */
  change(
    caller: Caller,
    action: Exclude<Action, "create" | "delete">,
    name: string,
    patch: (environment: PreviewEnvironment) => object,
  ): Promise<PreviewEnvironment> {
    const verb = action === "approve" ? "approve" : "patch";
    return this.#do(caller, action, name, [verb], () => this.#change(name, patch, TRIES));
  }

  /** Asks for an environment's deletion; it goes when what it stands for is gone. */
  delete(caller: Caller, name: string): Promise<void> {
    return this.#do(caller, "delete", name, ["delete"], () => this.#args.environments.remove(name));
  }

  /** The service itself writes into the same objects: another version is read, and changed in its turn. */
  async #change(
    name: string,
    patch: (environment: PreviewEnvironment) => object,
    tries: number,
  ): Promise<PreviewEnvironment> {
    const { environments } = this.#args;
    const environment = await environments.read(name);
    if (environment === undefined) throw new HttpProblem("not-found", `There is no environment ${name}.`);
    try {
      return await environments.change(environment, patch(environment));
    } catch (error) {
      if (tries > 1 && isConflict(error)) return this.#change(name, patch, tries - 1);
      throw error;
    }
  }

  async #do<T>(
    caller: Caller,
    action: Action,
    environment: string,
    verbs: readonly Verb[],
    work: () => Promise<T>,
    isDryRun = false,
  ): Promise<T> {
    const { name, uid, address } = caller;
    const entry = { caller: name, uid, address, action, environment, ...(isDryRun ? { dryRun: true } : {}) };
    try {
      for (const verb of verbs) await this.#args.access.demand(caller, verb, environment);
      const result = await work();
      this.#args.audit.info("audit", { ...entry, result: "ok" });
      return result;
    } catch (error) {
      const problem = clusterProblem(error);
      this.#args.audit.info("audit", { ...entry, result: toHttpProblem(problem).code });
      throw problem;
    }
  }
}
