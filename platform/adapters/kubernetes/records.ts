import { PREVIEW_ENVIRONMENT } from "../../../spec/index.ts";
import type { Api } from "./api.ts";
import { readConfigMap } from "./config-map.ts";

/** A Kubernetes Event about an environment. */
export interface RecordedEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  /** Grows with each change of any event. */
  readonly version: number;
}

interface EventList {
  readonly items: readonly (Omit<RecordedEvent, "version"> & { readonly metadata: { resourceVersion: string } })[];
}

/** Name of the ConfigMap with the log of an environment's last operation, which it has under the key `log`. */
export function logName(environment: string): string {
  return `${environment}-log`;
}

/** Reads the last lines of an environment's last operation; undefined where nothing was done for it yet. @throws ApiError */
export async function readLog(api: Api, namespace: string, environment: string): Promise<string[] | undefined> {
  const { log } = (await readConfigMap(api, namespace, logName(environment))) ?? {};
  return log?.split("\n").slice(0, -1);
}

/** Lists the events about an environment, the oldest first. @throws ApiError */
export async function readEvents(api: Api, namespace: string, environment: string): Promise<RecordedEvent[]> {
  const fieldSelector = `involvedObject.kind=${PREVIEW_ENVIRONMENT.kind},involvedObject.name=${environment}`;
  const { items } = await api.send<EventList>("GET", `/api/v1/namespaces/${namespace}/events`, {
    query: { fieldSelector },
  });
  return items
    .map(({ type, reason, message, count, firstTimestamp, lastTimestamp, metadata }) => ({
      type,
      reason,
      message,
      ...(count === undefined ? {} : { count }),
      ...(firstTimestamp ? { firstTimestamp } : {}),
      ...(lastTimestamp ? { lastTimestamp } : {}),
      version: Number(metadata.resourceVersion),
    }))
    .sort((a, b) => (a.lastTimestamp ?? "").localeCompare(b.lastTimestamp ?? ""));
}
