import { PREVIEW_ENVIRONMENT, type PreviewEnvironment } from "../../../spec/index.ts";
import type { Clock } from "../../clock.ts";
import type { OperationEvent } from "../../domain/operation.ts";
import { type Log, reasonOf } from "../../log.ts";
import type { Api } from "./api.ts";
import { writeConfigMap } from "./config-map.ts";
import { logName } from "./records.ts";

/** Lines that are kept of an operation, and the characters of each. */
const [MOST_LINES, MOST_CHARACTERS] = [200, 1_000];
/** Shortest time between two writes, in milliseconds. */
const EVERY_MS = 2_000;

/** Arguments of {@link OperationLog}. */
export interface OperationLogArgs {
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Log;
  /** The environment that the operation is for; its log goes with it. */
  readonly environment: PreviewEnvironment;
}

/**
 * The last lines of an environment's last operation, in the ConfigMap `<name>-log` under the key `log`. They are for people:
 * what can't be written is left out.
 */
export class OperationLog {
  readonly #args: OperationLogArgs;
  readonly #lines: string[] = [];
  #takeBack: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(args: OperationLogArgs) {
    this.#args = args;
  }

  /** Takes what an operation says; it is written within 2 s. */
  take(event: OperationEvent): void {
    const text = toLine(event);
    if (text !== undefined) this.line(text);
  }

  /** Takes a line of its own. */
  line(text: string): void {
    const at = this.#args.clock.now().toISOString().slice(11, 19);
    this.#lines.push(`${at} ${text}`.slice(0, MOST_CHARACTERS));
    if (this.#lines.length > MOST_LINES) this.#lines.shift();
    this.#takeBack ??= this.#args.clock.after(EVERY_MS, () => void this.#write());
  }

  /** Writes what is not written yet. Never rejects. */
  async end(): Promise<void> {
    if (this.#takeBack) await this.#write();
    else await this.#writing;
  }

  #write(): Promise<void> {
    this.#takeBack?.();
    this.#takeBack = undefined;
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { api, log, environment } = this.#args;
    const { name, namespace, uid } = environment.metadata;
    const { group, version, kind } = PREVIEW_ENVIRONMENT;
    const ownerReferences = [{ apiVersion: `${group}/${version}`, kind, name, uid }];
    try {
      const data = { log: `${this.#lines.join("\n")}\n` };
      await writeConfigMap(api, { namespace, name: logName(name), ownerReferences }, data);
    } catch (error) {
      log.debug("the log of an operation was not written", { environment: name, reason: reasonOf(error) });
    }
  }
}

/** What an event says in a log; undefined for those that a log has no use for. */
function toLine(event: OperationEvent): string | undefined {
  switch (event.type) {
    case "stage":
      return `${event.stage} begins`;
    case "resource":
      return event.state === "started" ? undefined : `${event.op} ${event.resource} ${event.state}`;
    case "log":
      return event.level === "info" ? event.message : `${event.level}: ${event.message}`;
    case "diff": {
      const { create, update, replace, same } = event.diff;
      return `${create} to create, ${update} to update, ${replace} to replace, ${event.diff.delete} to delete, ${same} unchanged`;
    }
    case "result":
      return event.outcome.ok ? "done" : `failed: ${event.outcome.reason}: ${event.outcome.message}`;
    case "progress":
    case "steps":
      return undefined;
  }
}
