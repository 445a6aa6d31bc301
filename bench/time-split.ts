/** Where the time of one first update went, in seconds. */
export interface TimeSplit {
  /** Until the program runs: the command lines, state, plugins; meanwhile the program's modules load. */
  readonly cli: number;
  /** Until the first resource is registered: configuration, questions to the cluster. */
  readonly program: number;
  /** While objects are made. */
  readonly engine: number;
  /** While nothing but awaited workloads is under way: their pods are becoming ready. */
  readonly waiting: number;
  /** After the last object: saving state, ending plugins. */
  readonly end: number;
}

/** Types of objects whose creation is over when their pods are ready. */
const AWAITED = /:(Deployment|StatefulSet|DaemonSet|Job)::/;

const LINE = /^[IWE]\d{4} (\d{2}):(\d{2}):(\d{2}\.\d+)\s+\d+ \S+\] (.*)/;
const CREATE = /^Provider\[[^\]]*\]\.Create\((urn:[^)]*)\) (executing|success|failed)/;

/**
 * Splits an update's time by the engine's own log.
 *
 * @param log what `pulumi up --logtostderr -v=9` wrote: lines with the time of day in microseconds.
 * @param started when the command was started.
 * @param totalSeconds the whole command, as measured from outside.
 */
export function splitTime(log: string, started: Date, totalSeconds: number): TimeSplit {
  const start =
    started.getHours() * 3600 + started.getMinutes() * 60 + started.getSeconds() + started.getMilliseconds() / 1000;
  let program: number | undefined;
  let registered: number | undefined;
  let last = 0;
  let waiting = 0;
  const open = new Set<string>();
  for (const line of log.split("\n")) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, hours, minutes, seconds, text = ""] = match;
    const now = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    if (/langhost\[\w+\]\.Run\(.* executing/.test(text)) program ??= now;
    if (program !== undefined && text.includes("Registering resource: t=")) registered ??= now;
    const create = CREATE.exec(text);
    if (!create) continue;
    const [, urn = "", state] = create;
    if (open.size > 0 && [...open].every((other) => AWAITED.test(other))) waiting += now - last;
    last = now;
    if (state === "executing") open.add(urn);
    else open.delete(urn);
  }
  if (program === undefined || registered === undefined) {
    throw new Error("the engine's log has not the lines that the split is made of");
  }
  return {
    cli: program - start,
    program: registered - program,
    engine: last - registered - waiting,
    waiting,
    end: start + totalSeconds - last,
  };
}
