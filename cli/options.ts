import { InvalidArgumentError, Option } from "commander";
import type { Recipient } from "../gitops/sops.ts";
import { duration, toMilliseconds } from "../spec/duration.ts";

/** The option for the stack that a command is about. */
export function stackOption(): Option {
  return new Option("-s, --stack <name>", "stack, as in Pulumi.<name>.yaml").default("dev").argParser(stackName);
}

/** The option for what Pulumi calls a policy pack's configuration. */
export function policyConfigurationOption(): Option {
  return new Option("--policy-pack-config <file>", "JSON file with levels and settings of the policies, as for pulumi");
}

/** Reads the name of a stack. @throws InvalidArgumentError */
export function stackName(value: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) throw new InvalidArgumentError("Letters, digits, - and _ are allowed.");
  return value;
}

/** Reads a TCP port. @throws InvalidArgumentError */
export function portNumber(value: string): number {
  const port = /^[1-9]\d{0,4}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError("Whole numbers from 1 to 65535 are allowed.");
  return port;
}

/** Reads a public age key, with or without the stack that it is for. @throws InvalidArgumentError */
export function recipient(value: string): Recipient {
  const [, stack, key] = /^(?:([A-Za-z0-9_-]+)=)?(age1[a-z0-9]{20,})$/.exec(value) ?? [];
  if (key === undefined) throw new InvalidArgumentError("Allowed is a public key such as age1…, or <stack>=age1….");
  return { key, ...(stack === undefined ? {} : { stack }) };
}

/** Reads a time span such as "15m". @returns milliseconds. @throws InvalidArgumentError */
export function timeSpan(value: string): number {
  const parsed = duration.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError(`Allowed is ${parsed.error.issues[0]?.message}.`);
  return toMilliseconds(parsed.data);
}
