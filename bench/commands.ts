import { Checkout, type CommandResult } from "../tests/engine/checkout.ts";

/** What a command of a measurement has written. @throws when it has failed: its time would mean nothing. */
export function must(result: CommandResult): string {
  if (result.code !== 0)
    throw new Error(`a measured command failed with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** Tells people how far it is, beside the results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * To be called first: removes what measurements that were killed have left. Where this one is asked to end, its clusters and
 * folders are removed before it does; asked again, it ends as it is.
 */
export async function cleanUpBeforeAndAfter(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      note("removing what the measurement has made");
      void Checkout.removeAbandoned((pid) => pid === process.pid).finally(() => process.exit(130));
    });
  }
  await Checkout.removeAbandoned();
}
