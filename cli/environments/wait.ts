import type { Phase, PreviewEnvironment } from "../../spec/index.ts";
import { CommandFailure } from "../exit.ts";
import { say, type Surroundings } from "../surroundings.ts";
import type { EnvironmentClient } from "./client.ts";

/** Options of the commands that wait. */
export interface WaitOptions {
  readonly wait: boolean;
  /** Milliseconds until waiting is given up. */
  readonly timeout: number;
}

/** Waits until an environment runs as it is wanted now. @throws CommandFailure when it failed for good, or in time. */
export function waitUntilReady(
  surroundings: Surroundings,
  client: EnvironmentClient,
  name: string,
  timeoutMs: number,
): Promise<PreviewEnvironment> {
  return waitUntil(surroundings, client, { name, timeoutMs, wanted: "Ready" });
}

/** Waits until an environment sleeps as it is wanted now. @throws CommandFailure when it failed for good, or in time. */
export function waitUntilAsleep(
  surroundings: Surroundings,
  client: EnvironmentClient,
  name: string,
  timeoutMs: number,
): Promise<PreviewEnvironment> {
  return waitUntil(surroundings, client, { name, timeoutMs, wanted: "Asleep" });
}

function waitUntil(
  surroundings: Surroundings,
  client: EnvironmentClient,
  waiting: Waiting & { readonly wanted: Phase },
): Promise<PreviewEnvironment> {
  const { name, wanted } = waiting;
  return waitFor(surroundings, client, waiting, (environment) => {
    if (environment === undefined) throw new CommandFailure(`${name} was deleted while it was waited for.`);
    const { metadata, status } = environment;
    const ready = readyCondition(environment);
    if ((ready?.observedGeneration ?? 0) < metadata.generation) return undefined;
    if (status?.phase === wanted) return environment;
    if (status?.phase === "Failed" && status.retryAt === undefined) {
      throw new CommandFailure(
        `${name} failed (${ready?.reason}): ${ready?.message}\nIts log: terrarium env logs ${name}`,
      );
    }
    return undefined;
  });
}

/** Waits until an environment is proven gone. @throws CommandFailure when it is not in time. */
export async function waitUntilGone(
  surroundings: Surroundings,
  client: EnvironmentClient,
  name: string,
  timeoutMs: number,
): Promise<void> {
  await waitFor(surroundings, client, { name, timeoutMs, wanted: "gone" }, (environment) => environment === undefined);
}

interface Waiting {
  readonly name: string;
  readonly timeoutMs: number;
  readonly wanted: string;
}

/** Follows an environment, saying how it goes on, until `result` gives something else than undefined or false. */
async function waitFor<T>(
  surroundings: Surroundings,
  client: EnvironmentClient,
  { name, timeoutMs, wanted }: Waiting,
  result: (environment: PreviewEnvironment | undefined) => T | undefined | false,
): Promise<T> {
  const begun = performance.now();
  const signal = AbortSignal.any([surroundings.interrupted, AbortSignal.timeout(timeoutMs)]);
  let last = "";
  for await (const environment of client.follow(name, signal)) {
    const reached = result(environment);
    if (reached !== undefined && reached !== false) return reached;
    const progress = progressOf(environment);
    if (progress !== last)
      say(surroundings, `${String(Math.round((performance.now() - begun) / 1000)).padStart(4)} s  ${progress}`);
    last = progress;
  }
  surroundings.interrupted.throwIfAborted();
  throw new CommandFailure(
    `${name} is not ${wanted} after ${Math.round(timeoutMs / 60_000)} minutes; the last that was seen: ${last}\nThe platform service goes on with it: terrarium env describe ${name}`,
  );
}

function progressOf(environment: PreviewEnvironment | undefined): string {
  if (environment === undefined) return "gone";
  const { status } = environment;
  if (status?.phase === undefined) return "not seen by the platform service yet";
  const blocked = status.conditions?.find(({ type }) => type === "DeleteBlocked");
  const detail = status.operation?.progress ?? (blocked ?? readyCondition(environment))?.message ?? "";
  const place = status.position === undefined ? "" : ` (place ${status.position})`;
  return `${status.phase}${place}${detail === "" ? "" : `: ${detail}`}`;
}

function readyCondition({ status }: PreviewEnvironment) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}
