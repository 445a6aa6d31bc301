import type { EventEmitter } from "node:events";

/** Exit code of a process that a second signal ends. */
const INTERRUPTED = 130;

/**
 * A signal that aborts when this process is asked to end. Asked again, it ends at once: operations notice that their service
 * is gone, and the next one goes on from what they left.
 *
 * @param signals emits SIGINT and SIGTERM.
 * @param asked told of the first one.
 */
export function stopSignal(signals: EventEmitter, asked: () => void = () => undefined): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    signals.on(signal, () => {
      if (stop.signal.aborted) process.exit(INTERRUPTED);
      asked();
      stop.abort();
    });
  }
  return stop.signal;
}
