import type { Command, Option } from "commander";

/** A place in the command line: after some commands, where words of some kinds can follow. */
export interface Place {
  /** The commands before it, e.g. "env create"; empty at the start. */
  readonly at: string;
  readonly words: readonly Word[];
  readonly options: readonly CompletedOption[];
}

/** A command, or a value of an argument. */
export interface Word {
  readonly word: string;
  readonly description: string;
}

/** An option, in each of its spellings. */
export interface CompletedOption {
  /** Without the dashes. */
  readonly long: string;
  readonly short?: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** What the value can be, where that is known. */
  readonly choices: readonly string[];
}

/** Every place in a program's command line, the start first. */
export function placesOf(program: Command, at = ""): Place[] {
  const visible = program.createHelp();
  const commands = visible.visibleCommands(program).filter((command) => command.name() !== "help");
  const place: Place = {
    at,
    words: [
      ...commands.map((command) => ({ word: command.name(), description: command.description() })),
      ...program.registeredArguments.flatMap(({ argChoices, description }) =>
        (argChoices ?? []).map((word) => ({ word, description })),
      ),
    ],
    options: visible.visibleOptions(program).map(toOption),
  };
  return [place, ...commands.flatMap((command) => placesOf(command, `${at} ${command.name()}`.trim()))];
}

/** An option as it is written after a word: "--output", and "-o" where there is one. */
export function spellings({ long, short }: CompletedOption): string[] {
  return [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
}

function toOption({ long = "", short, description, required, optional, argChoices }: Option): CompletedOption {
  return {
    long: long.replace(/^--/, ""),
    ...(short === undefined ? {} : { short: short.replace(/^-/, "") }),
    description,
    takesValue: required || optional,
    choices: argChoices ?? [],
  };
}
