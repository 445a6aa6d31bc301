import { InvalidArgumentError, Option } from "commander";
import { duration, toMilliseconds } from "../spec/duration.ts";

/** The option for the stack that a command is about. */
export function stackOption(): Option {
  return new Option("-s, --stack <name>", "stack, as in Pulumi.<name>.yaml").default("dev").argParser(stackName);
}

/** Reads the name of a stack. @throws InvalidArgumentError */
export function stackName(value: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) throw new InvalidArgumentError("Letters, digits, - and _ are allowed.");
  return value;
}

/** Reads a time span such as "15m". @returns milliseconds. @throws InvalidArgumentError */
export function timeSpan(value: string): number {
  const parsed = duration.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError(`Allowed is ${parsed.error.issues[0]?.message}.`);
  return toMilliseconds(parsed.data);
}
