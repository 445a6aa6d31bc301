import type { Surroundings } from "../surroundings.ts";
import { connect, type TargetOptions } from "./connect.ts";
import { qualifiedName } from "./format.ts";
import { waitUntilAsleep, waitUntilGone, waitUntilReady, type WaitOptions } from "./wait.ts";

/** Asks for the removal of preview environments, and waits until they are gone where that is asked for. */
export async function remove(
  surroundings: Surroundings,
  names: readonly string[],
  options: TargetOptions & WaitOptions,
): Promise<void> {
  const client = await connect(surroundings, options);
  for (const name of names) await client.delete(name);
  for (const name of names) {
    if (options.wait) await waitUntilGone(surroundings, client, name, options.timeout);
    surroundings.stdout.write(`${qualifiedName(name)} ${options.wait ? "is gone" : "is being deleted"}\n`);
  }
}

/** Keeps a preview environment longer: by a time span from the end of its time to live. @param byMs milliseconds */
export async function extend(
  surroundings: Surroundings,
  name: string,
  byMs: number,
  options: TargetOptions,
): Promise<void> {
  const client = await connect(surroundings, options);
  const { spec } = await client.extend(name, byMs);
  surroundings.stdout.write(`${qualifiedName(name)} is wanted until ${spec.extendedUntil}\n`);
}

/** Puts a preview environment to sleep, and waits until it sleeps where that is asked for. */
export async function sleep(
  surroundings: Surroundings,
  name: string,
  { wait, timeout, ...target }: TargetOptions & WaitOptions,
): Promise<void> {
  const client = await connect(surroundings, target);
  await client.sleep(name);
  if (wait) await waitUntilAsleep(surroundings, client, name, timeout);
  surroundings.stdout.write(`${qualifiedName(name)} ${wait ? "sleeps" : "is being put to sleep"}\n`);
}

/** Wakes a preview environment, and waits until it is ready where that is asked for. */
export async function wake(
  surroundings: Surroundings,
  name: string,
  { wait, timeout, ...target }: TargetOptions & WaitOptions,
): Promise<void> {
  const client = await connect(surroundings, target);
  await client.wake(name);
  if (wait) await waitUntilReady(surroundings, client, name, timeout);
  surroundings.stdout.write(`${qualifiedName(name)} ${wait ? "is ready" : "is being woken"}\n`);
}
