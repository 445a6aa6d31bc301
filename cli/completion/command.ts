import { Argument, type Command } from "commander";
import type { Surroundings } from "../surroundings.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { placesOf } from "./places.ts";
import { zshCompletion } from "./zsh.ts";

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Adds `terrarium completion`: scripts for shells that know every command of the program, made from its own tree. */
export function addCompletionCommand(program: Command, surroundings: Surroundings): void {
  program
    .command("completion")
    .description("print a script that completes these commands in a shell: source <(bin/terrarium completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts) => {
      surroundings.stdout.write(scripts[shell](program.name(), placesOf(program)));
    });
}
