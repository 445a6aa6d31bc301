import type { Environments } from "../adapters/kubernetes/environments.ts";
import type { Clock } from "../clock.ts";
import type { PlatformSettings } from "../config.ts";
import type { Log } from "../log.ts";
import type { Access } from "./access.ts";
import type { EventStreams } from "./event-stream.ts";
import type { Mutations } from "./mutations.ts";
import type { Records } from "./records.ts";

/** What the parts of the HTTP server that deal with environments have in common. */
export interface HttpContext {
  /** Copies that are kept current; `read` asks the API server itself. */
  readonly environments: Pick<Environments, "synced" | "get" | "list" | "read" | "follow">;
  /** Who callers are and what they may do. */
  readonly access: Pick<Access, "authenticate" | "identify" | "may" | "demand" | "mayReadLogs" | "demandLogs">;
  readonly mutations: Mutations;
  /** Logs and events of environments. */
  readonly records: Pick<Records, "log" | "events">;
  /** Answers that go on. */
  readonly streams: Pick<EventStreams, "open">;
  /** The configuration that counts now. */
  readonly settings: () => PlatformSettings;
  readonly clock: Clock;
  readonly log: Log;
}
