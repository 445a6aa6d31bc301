/** Where the time of one update went, in seconds. */
export interface TimeSplit {
  /** Until the engine says that it begins: the command line itself, state, plugins. */
  readonly cli: number;
  /** From there until the program registers its first resource: Node, modules, configuration, questions to the cluster. */
  readonly program: number;
  /** While anything but an awaited workload is worked on. */
  readonly engine: number;
  /** While nothing but workloads (Deployment, StatefulSet, DaemonSet, Job) is worked on: they are becoming ready. */
  readonly waiting: number;
  /** After the last resource: saving state, ending plugins. */
  readonly end: number;
}

interface EngineEvent {
  readonly timestamp: number;
  readonly preludeEvent?: unknown;
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOutputsEvent?: { readonly metadata: Metadata };
  readonly resOpFailedEvent?: { readonly metadata: Metadata };
}
interface Metadata {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
}

const AWAITED = /:(Deployment|StatefulSet|DaemonSet|Job)$/;

/**
 * Splits an update's time by the engine's own event log.
 *
 * @param log the file that --event-log wrote: one JSON event a line, with file times in whole seconds or finer.
 * @param started milliseconds since the epoch at which the command was started.
 * @param ended milliseconds since the epoch at which it had ended.
 */
export function splitTime(log: string, started: number, ended: number): TimeSplit {
  const events = log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EngineEvent);
  const at = (event: EngineEvent | undefined, fallback: number) => (event ? event.timestamp * 1000 : fallback);
  const prelude = at(
    events.find((event) => event.preludeEvent),
    started,
  );
  const isResource = (event: EngineEvent) =>
    event.resourcePreEvent && event.resourcePreEvent.metadata.type !== "pulumi:pulumi:Stack";
  const first = at(events.find(isResource), prelude);
  const open = new Map<string, string>();
  let waiting = 0;
  let last = first;
  for (const event of events) {
    const now = event.timestamp * 1000;
    if (open.size > 0 && [...open.values()].every((type) => AWAITED.test(type))) waiting += now - Math.max(last, first);
    last = Math.max(last, now);
    const begun = event.resourcePreEvent?.metadata;
    const done = event.resOutputsEvent?.metadata ?? event.resOpFailedEvent?.metadata;
    if (begun && begun.op === "create" && begun.type.includes("/")) open.set(begun.urn, begun.type);
    if (done) open.delete(done.urn);
  }
  const seconds = (milliseconds: number) => Math.max(0, milliseconds) / 1000;
  return {
    cli: seconds(prelude - started),
    program: seconds(first - prelude),
    engine: seconds(last - first - waiting),
    waiting: seconds(waiting),
    end: seconds(ended - last),
  };
}
