import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Place } from "./addresses.ts";

/** Nobody listens where a request should go. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** Milliseconds that a try to connect may take, between tries, and in all. */
const [TRY_MS, PAUSE_MS, PATIENCE_MS] = [3_000, 200, 10_000];

/**
 * Connects to a service. A pod that has just become ready is not known to the whole cluster at once, so what is refused is tried
 * again for a while; nothing was sent by then.
 *
 * @throws UnreachableError
 */
export async function connectTo(place: Place, signal: AbortSignal): Promise<Socket> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const result = await connectOnce(place, signal);
    if (!(result instanceof Error)) return result;
    if (signal.aborted || performance.now() > deadline)
      throw new UnreachableError(`${place.host}:${place.port}: ${result.message}`);
    await pause(PAUSE_MS);
  }
}

function connectOnce({ host, port }: Place, signal: AbortSignal): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const end = (result: Socket | Error): void => {
      signal.removeEventListener("abort", abort);
      socket.removeAllListeners();
      socket.setTimeout(0);
      if (result instanceof Error) {
        socket.on("error", () => undefined);
        socket.destroy();
      }
      resolve(result);
    };
    const abort = (): void => end(new Error("nobody waits for it any more"));
    socket.once("connect", () => end(socket));
    socket.once("error", end);
    socket.setTimeout(TRY_MS, () => end(new Error("no answer")));
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}
