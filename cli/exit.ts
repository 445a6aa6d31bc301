/** Exit codes of every command; `check` alone ends with changes, violations and dataLoss. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  changes: 3,
  violations: 4,
  dataLoss: 5,
  interrupted: 130,
} as const;

/** Ends a command with a message for the user and an exit code. */
export class CommandFailure extends Error {
  override name = "CommandFailure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failure) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line or the configuration is wrong; nothing was touched. */
export class UsageFailure extends CommandFailure {
  override name = "UsageFailure";

  constructor(message: string) {
    super(message, exitCodes.usage);
  }
}

/** The user interrupted the command. */
export class InterruptedFailure extends CommandFailure {
  override name = "InterruptedFailure";

  constructor(message: string) {
    super(message, exitCodes.interrupted);
  }
}
