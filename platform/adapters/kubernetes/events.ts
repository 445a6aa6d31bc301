import type { PreviewEnvironment } from "../../../spec/index.ts";
import type { Clock } from "../../clock.ts";
import type { EnvironmentEvent } from "../../domain/decide.ts";
import { type Log, reasonOf } from "../../log.ts";
import { remember } from "../../remember.ts";
import { type Api, isNotFound } from "./api.ts";

/** Arguments of {@link EventRecorder}. */
export interface EventRecorderArgs {
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds in which the same event again only raises the count of the first one. */
const SAME_EVENT_MS = 60 * 60_000;
/** Events that are remembered for that. */
const REMEMBERED = 1_000;
/** New events of one object in a row, and the milliseconds after which one more is allowed, as Kubernetes' own components. */
const [BURST, REFILL_MS] = [25, 60_000];

interface Recorded {
  readonly path: string;
  readonly at: number;
  count: number;
}

/** Writes Kubernetes Events about environments. They are for people: one that can't be written is left out. */
export class EventRecorder {
  readonly #args: EventRecorderArgs;
  readonly #recorded = new Map<string, Recorded>();
  readonly #allowances = new Map<string, { left: number; at: number }>();

  constructor(args: EventRecorderArgs) {
    this.#args = args;
  }

  /** Records an event; one that was recorded within the hour counts up. Never rejects. */
  async record(environment: PreviewEnvironment, event: EnvironmentEvent): Promise<void> {
    const { uid } = environment.metadata;
    const key = JSON.stringify([uid, event.type, event.reason, event.message]);
    const now = this.#args.clock.now();
    try {
      const known = this.#recorded.get(key);
      if (known && now.getTime() - known.at < SAME_EVENT_MS) await this.#countUp(known, now);
      else if (this.#allow(uid, now.getTime())) await this.#create(key, environment, event, now);
    } catch (error) {
      if (isNotFound(error)) this.#recorded.delete(key);
      this.#args.log.debug("an event was not recorded", { reason: reasonOf(error) });
    }
  }

  async #countUp(known: Recorded, now: Date): Promise<void> {
    known.count += 1;
    const body = { count: known.count, lastTimestamp: withoutMilliseconds(now) };
    await this.#args.api.send("PATCH", known.path, { body });
  }

  async #create(key: string, environment: PreviewEnvironment, event: EnvironmentEvent, now: Date): Promise<void> {
    const { apiVersion, kind, metadata } = environment;
    const { name, namespace, uid, resourceVersion } = metadata;
    const path = `/api/v1/namespaces/${namespace}/events`;
    const eventName = `${name}.${now.getTime().toString(16)}${Math.floor(Math.random() * 0x10000).toString(16)}`;
    remember(this.#recorded, key, { path: `${path}/${eventName}`, at: now.getTime(), count: 1 }, REMEMBERED);
    const at = withoutMilliseconds(now);
    await this.#args.api.send("POST", path, {
      body: {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: eventName, namespace },
        involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
        type: event.type,
        reason: event.reason,
        message: event.message.slice(0, 1024),
        source: { component: "terrarium-platform" },
        reportingComponent: "terrarium.dev/platform",
        reportingInstance: "terrarium-platform",
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      },
    });
  }

  #allow(uid: string, now: number): boolean {
    const { left, at } = this.#allowances.get(uid) ?? { left: BURST, at: now };
    const refilled = Math.min(BURST, left + (now - at) / REFILL_MS);
    remember(this.#allowances, uid, { left: Math.max(refilled - 1, 0), at: now }, REMEMBERED);
    return refilled >= 1;
  }
}

function withoutMilliseconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
