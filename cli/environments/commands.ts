import { Argument, type Command, Option } from "commander";
import { stackOption, timeSpan } from "../options.ts";
import { reportFormats } from "../report.ts";
import type { Surroundings } from "../surroundings.ts";
import type { TargetOptions } from "./connect.ts";
import type { CreateOptions } from "./create.ts";
import { environmentFormats } from "./format.ts";
import type { LogsOptions } from "./logs.ts";
import type { ShowOptions } from "./show.ts";
import type { WaitOptions } from "./wait.ts";

/** Adds `terrarium env`: the commands about preview environments. What each does is loaded when it is used. */
export function addEnvironmentCommands(program: Command, surroundings: Surroundings): void {
  const env = program
    .command("env")
    .description("preview environments: create, list, get, describe, doctor, delete, extend, sleep, wake, logs, diff");

  addCommand(env, "create", "ask the platform service for a preview environment")
    .addArgument(new Argument("[name]", "name of the preview environment; default: the file's"))
    .option("-f, --filename <file>", "YAML or JSON file with one Environment; - reads the standard input")
    .option("--repository <address>", "address of the git repository")
    .option("--branch <name>", "branch to deploy")
    .option("--commit <id>", "commit to deploy; default in mode source: the branch's newest")
    .option("--mode <mode>", "image: run images built for the commit; source: build and run from the repository")
    .option("--owner <name>", "who asks for it")
    .option("--ttl <span>", 'time to live, such as "72h"; default: the platform\'s')
    .option("--drift <mode>", "what happens with changes by hand: ignore, report or repair")
    .option(
      "--label <key=value>",
      "label of the object; can be repeated",
      (label, all: string[]) => [...all, label],
      [],
    )
    .addOption(new Option("--dry-run <where>", "only check it").choices(["client", "server"]))
    .option("--wait", "wait until it is ready, telling how it goes on", false)
    .addOption(timeoutOption())
    .addOption(formatOption())
    .action(async (name: string | undefined, options: CreateOptions) =>
      (await import("./create.ts")).create(surroundings, name, options),
    );

  addCommand(env, "list", "list preview environments")
    .option("-l, --selector <labels>", "only those with these labels, as for kubectl")
    .addOption(formatOption())
    .action(async (options: ShowOptions & { selector?: string }) =>
      (await import("./show.ts")).list(surroundings, options),
    );

  addCommand(env, "get", "show one preview environment")
    .addArgument(nameArgument())
    .addOption(formatOption())
    .action(async (name: string, options: ShowOptions) => (await import("./show.ts")).get(surroundings, name, options));

  addCommand(env, "describe", "show all that is known of one: conditions, steps, events")
    .addArgument(nameArgument())
    .action(async (name: string, options: TargetOptions) =>
      (await import("./show.ts")).describe(surroundings, name, options),
    );

  addCommand(env, "doctor", "say what is wrong with one, the most likely cause first")
    .addArgument(nameArgument())
    .addOption(new Option("-o, --output <format>", "format of the result").choices(reportFormats).default("table"))
    .action(async (name: string, options: TargetOptions & { output: "table" | "json" | "yaml" }) =>
      (await import("./doctor.ts")).doctor(surroundings, name, options),
    );

  addCommand(env, "delete", "remove preview environments with all that is in them")
    .addArgument(new Argument("<names...>", "names of the preview environments"))
    .option("--wait", "wait until they are proven gone, telling how it goes on", false)
    .addOption(timeoutOption())
    .action(async (names: string[], options: TargetOptions & WaitOptions) =>
      (await import("./change.ts")).remove(surroundings, names, options),
    );

  addCommand(env, "extend", "keep one longer: by a time span from the end of its time to live")
    .addArgument(nameArgument())
    .addArgument(new Argument("<span>", 'such as "24h" or "7d"').argParser(timeSpan))
    .action(async (name: string, byMs: number, options: TargetOptions) =>
      (await import("./change.ts")).extend(surroundings, name, byMs, options),
    );

  addCommand(env, "sleep", "put one to sleep: nothing of it runs, its data stays")
    .addArgument(nameArgument())
    .option("--wait", "wait until it sleeps, telling how it goes on", false)
    .addOption(timeoutOption())
    .action(async (name: string, options: TargetOptions & WaitOptions) =>
      (await import("./change.ts")).sleep(surroundings, name, options),
    );

  addCommand(env, "wake", "wake one that sleeps")
    .addArgument(nameArgument())
    .option("--wait", "wait until it is ready, telling how it goes on", false)
    .addOption(timeoutOption())
    .action(async (name: string, options: TargetOptions & WaitOptions) =>
      (await import("./change.ts")).wake(surroundings, name, options),
    );

  addCommand(env, "logs", "show the log of the last operation on one, or of the one that runs")
    .addArgument(nameArgument())
    .option("-f, --follow", "go on with new lines", false)
    .action(async (name: string, options: LogsOptions) =>
      (await import("./logs.ts")).logs(surroundings, name, options),
    );

  addCommand(env, "diff", "show what the last update of one changed")
    .addArgument(nameArgument())
    .addOption(new Option("-o, --output <format>", "format of the result").choices(reportFormats).default("table"))
    .action(async (name: string, options: TargetOptions & { output: "table" | "json" | "yaml" }) =>
      (await import("./show.ts")).diff(surroundings, name, options),
    );
}

function addCommand(env: Command, name: string, description: string): Command {
  return env
    .command(name)
    .description(description)
    .addOption(stackOption())
    .option("--kubeconfig <file>", "kubeconfig file of the cluster; default: the cluster of the stack")
    .option("--context <name>", "context of the kubeconfig; default: with --kubeconfig its current one")
    .option("-n, --namespace <name>", "namespace of the platform service; default: terrarium")
    .option("--server <address>", "the platform service's own API in place of the cluster's")
    .option("--token-file <file>", "file with the token for --server; default: the kubeconfig's");
}

function nameArgument(): Argument {
  return new Argument("<name>", "name of the preview environment");
}

function formatOption(): Option {
  return new Option("-o, --output <format>", "format of the result").choices(environmentFormats).default("table");
}

function timeoutOption(): Option {
  return new Option("--timeout <span>", "with --wait: how long at most").argParser(timeSpan).default(900_000, "15m");
}
