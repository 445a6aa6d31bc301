import { type Command, Option } from "commander";
import { policyConfigurationOption, stackName } from "../options.ts";
import type { Surroundings } from "../surroundings.ts";
import { check, checkFormats, type CheckOptions } from "./command.ts";

/** Adds `terrarium check`. */
export function addCheckCommand(program: Command, surroundings: Surroundings): void {
  program
    .command("check")
    .description("tell what a pull request would change in every stack: objects, data, policies, connections, costs")
    .addOption(
      new Option("-s, --stack <name...>", "stacks to look at; all when left out").argParser(
        (value: string, names: readonly string[] | undefined) => [...(names ?? []), stackName(value)],
      ),
    )
    .addOption(
      new Option("--base <ref>", "branch, tag or commit that the checkout is compared with").default("origin/main"),
    )
    .option("--deployed", "compare with what is deployed instead: needs the stacks' state and clusters", false)
    .addOption(new Option("-o, --output <format>", "format of the report").choices(checkFormats).default("markdown"))
    .addOption(
      new Option(
        "--out <file...>",
        "write the report into files, too: JSON where the name ends so, else Markdown",
      ).default([], "none"),
    )
    .option("--prices <file>", "YAML file with what capacity costs in each tier; see the guide")
    .addOption(policyConfigurationOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 nothing changes, 1 failed, 2 wrong usage, 3 changes, 4 forbidden by policies, 5 data would be lost.",
    )
    .action((options: CheckOptions) => check(surroundings, options));
}
